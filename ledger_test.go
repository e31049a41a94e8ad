package agentmsg_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/stretchr/testify/require"
)

var (
	ledgerSize = flag.Int("ledger", 300, "how many calls TestLedger makes")
	ledgerSeed = flag.Uint64("ledger.seed", 1, "what they and their faults are made from")
)

// ledgerReport is what the client said of one call.
type ledgerReport struct {
	err  error
	got  agentmsg.Response
	took time.Duration
}

// TestLedger makes random calls to a server that fails at random, and compares
// what the server did with what the client said. The seed decides each call,
// and the fault of its nth request and of its nth dial; how the calls share
// the connections is left to the machine.
func TestLedger(t *testing.T) {
	t.Parallel()
	const workers = 16
	s := newLedgerServer(t, *ledgerSeed, *ledgerSize)
	var ops sync.Map
	client := ledgerClient(t, s, &ops)
	reports := make([]ledgerReport, *ledgerSize)
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range workers {
		all.Go(func() {
			for n := int(next.Add(1)) - 1; n < len(reports); n = int(next.Add(1)) - 1 {
				s.calls[n].report(t.Context(), client, &reports[n])
			}
		})
	}
	all.Wait()
	client.CloseIdleConnections()
	s.Close()
	took := time.Since(began)
	again := fmt.Sprintf("go test -run '^TestLedger$' . -ledger %d -ledger.seed %d", *ledgerSize, *ledgerSeed)
	require.Empty(t, s.strays, again)
	breaches := 0
	for n := range reports {
		breach := s.calls[n].breach(&s.entries[n], &reports[n])
		if breach == "" {
			continue
		}
		if breaches++; breaches <= 10 {
			t.Errorf("%s %s: %s\n  ledger %+v\n  client %v after %d attempts: %v", s.calls[n].id, s.calls[n].kind.name, breach,
				s.entries[n], agentmsg.OutcomeOf(reports[n].err), reports[n].got.Attempts, reports[n].err)
		}
	}
	if breaches > 0 {
		t.Errorf("%d breaches; again: %s", breaches, again)
	}
	s.totals(t, reports, took)
	if *ledgerSize >= 1000 {
		for _, op := range append(wire.Ops(), wire.Do) {
			_, called := ops.Load(agentmsg.Op(op.Name()))
			require.True(t, called, "%s was never called", op.Name())
		}
	}
}

type ledgerKey struct{}

// ledgerClient keeps its connections, and fails to dial now and then.
func ledgerClient(t *testing.T, s *ledgerServer, ops *sync.Map) *agentmsg.Client {
	t.Helper()
	pool := transport.NewTransport(4 * time.Second)
	dial := pool.DialContext
	pool.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if call, ok := ctx.Value(ledgerKey{}).(*ledgerCall); ok {
			switch dice := ledgerDice(s.seed, call.n, momentDial|call.dials.Add(1)); dice.IntN(40) {
			case 0:
				return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
			case 1, 2, 3, 4, 5, 6:
				return refused(ctx)
			}
		}
		return dial(ctx, network, address)
	}
	var tokens atomic.Int64
	return faultClient(t, s.URL(), agentmsg.WithHTTPClient(&http.Client{Transport: pool}),
		agentmsg.WithMAIATokenSource(func(_ context.Context, refused string) (string, error) {
			if refused != "" {
				tokens.Add(1)
			}
			return fmt.Sprint(secretWord, "-", tokens.Load()), nil
		}),
		agentmsg.WithAttemptHook(func(_ context.Context, a agentmsg.Attempt) { ops.Store(a.Op, true) }))
}

// report makes the call.
func (c *ledgerCall) report(ctx context.Context, client *agentmsg.Client, r *ledgerReport) {
	ctx = context.WithValue(ctx, ledgerKey{}, c)
	if c.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.deadline)
		defer cancel()
	}
	began := time.Now()
	r.err = c.kind.run(ctx, client, c, c.options(&r.got)...)
	r.took = time.Since(began)
}

// breach says which promise was broken; empty: none.
func (c *ledgerCall) breach(e *ledgerEntry, r *ledgerReport) string {
	done, outcome := e.processed, agentmsg.OutcomeOf(r.err)
	if c.kind.storage {
		done = e.stored
	}
	happened := done > 0
	switch {
	case e.strayed > 0:
		return "a redirect was followed"
	case e.torn > 0:
		return "a file arrived that is not the call's"
	case c.class == wire.Unsafe && done > 1:
		return "processed more than once"
	case c.class == wire.Keyed && len(e.keys) > 1:
		return "processed under two keys"
	case c.class == wire.Keyed && c.key != "" && happened && !e.keys[c.key]:
		return "processed under a key that is not the caller's"
	case r.err == nil && !happened:
		return "a success that did not happen"
	case c.kind.name == ledgerUploads: // see there
		return ""
	case happened && (outcome == agentmsg.OutcomeNotSent || outcome == agentmsg.OutcomeRejected):
		return "said not to have happened, and did"
	case happened && agentmsg.Temporary(r.err):
		return "said to be safe to make again, and happened"
	case c.kind.name != "Attachments.Download" && e.requests > r.got.Attempts:
		return "more requests than attempts"
	case r.err == nil && c.kind.typed && strings.Contains(string(r.got.Body), "call-") && !strings.Contains(string(r.got.Body), c.id):
		return "another call's answer"
	case r.err != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", r.err, r.err, r.err), secretWord):
		return "a secret in the error"
	case r.took > time.Minute:
		return "took " + r.took.String()
	}
	return ""
}

// totals are printed with -v.
func (s *ledgerServer) totals(t *testing.T, reports []ledgerReport, took time.Duration) {
	t.Helper()
	outcomes, classes := map[string]int{}, map[string]int{}
	var requests, attempts, processed, again int
	for n, r := range reports {
		e := &s.entries[n]
		outcomes[agentmsg.OutcomeOf(r.err).String()]++
		classes[s.calls[n].class.String()]++
		requests += e.requests
		attempts += r.got.Attempts
		processed += e.processed + e.stored
		if agentmsg.Temporary(r.err) {
			again++
		}
	}
	var faults []string
	for name, n := range s.faults {
		faults = append(faults, fmt.Sprintf("%s %d", name, n))
	}
	slices.Sort(faults)
	t.Logf("seed %d: %d calls %v in %v: %d requests arrived, %d were processed; outcomes %v, %d temporary",
		s.seed, len(reports), classes, took.Round(time.Millisecond), requests, processed, outcomes, again)
	t.Logf("%d kinds of end: %s", len(faults), strings.Join(faults, "; "))
}
