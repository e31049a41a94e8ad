package agent_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

var (
	schedules = flag.Int("agent.schedules", 50, "how many random schedules TestSchedules lives through")
	firstSeed = flag.Uint64("agent.seed", 1, "the seed of TestSchedules' first schedule; the others have the seeds after it")
)

// Whatever is asked, answered, delivered twice, lost and cancelled, and when:
// no answer goes to another session's or tenant's question, no reply that was
// acknowledged is lost or had twice, one question at a time is open in a
// session, and no waiter is left. A schedule that fails is had again by its
// seed: -agent.seed=N -agent.schedules=1.
func TestSchedules(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	total, next := map[string]int{}, *firstSeed
	end := *firstSeed + uint64(*schedules)
	began := time.Now()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for {
				mu.Lock()
				seed := next
				next++
				mu.Unlock()
				if seed >= end || t.Failed() {
					return
				}
				counts := liveSchedule(t, seed)
				mu.Lock()
				for what, n := range counts {
					total[what] += n
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	t.Logf("%d schedules in %.2f s: %v", *schedules, time.Since(began).Seconds(), total)
	if *schedules < 50 || t.Failed() {
		return
	}
	for _, what := range []string{"answers", "errors", "streams", "broken off", "function", "messages", "duplicates", "unacknowledged", "doubtful"} {
		require.Positive(t, total[what], what)
	}
}

func liveSchedule(t *testing.T, seed uint64) map[string]int {
	s := &schedule{seed: seed, r: rand.New(rand.NewPCG(seed, 1)), waiters: agent.NewMemoryWaiters(), counts: map[string]int{}}
	synctest.Test(t, func(t *testing.T) {
		for _, tenant := range []string{"left", "right"} {
			s.sides = append(s.sides, newSide(t, s, tenant))
		}
		var all sync.WaitGroup
		for _, x := range s.sides {
			x.act(t, &all)
		}
		all.Wait()
		for _, x := range s.sides {
			for _, remove := range x.holds {
				remove()
			}
			require.NoError(t, x.server.Idle(t.Context()))
			require.NoError(t, x.handler.Shutdown(t.Context()))
			x.check(t)
		}
	})
	if t.Failed() {
		t.Errorf("this schedule again: go test ./agent -run TestSchedules -agent.seed=%d -agent.schedules=1", seed)
	}
	return s.counts
}

// schedule is two tenants with the same sessions.
type schedule struct {
	seed    uint64
	r       *rand.Rand
	waiters *agent.MemoryWaiters
	sides   []*side
	counts  map[string]int
}

func (s *schedule) within(least, most time.Duration) time.Duration {
	return least + time.Duration(s.r.Int64N(int64(most-least)))
}

func (s *schedule) oneIn(n int) bool { return s.r.IntN(n) == 0 }

// side is a tenant: its server, its agent, and what came of it all.
type side struct {
	*schedule
	tenant  string
	server  *mockserver.Server
	maia    *agent.MAIA
	handler *agentmsg.WebhookHandler
	holds   []func()

	mu    sync.Mutex
	had   map[agentmsg.MessageID][]string // by whom
	asks  []*scheduled
	own   map[agentmsg.MessageID]bool
	fails int
}

// scheduled is one question and its fate.
type scheduled struct {
	session agentmsg.SessionID
	text    string
	stream  bool
	began   time.Time
	ended   time.Time
	answer  *agent.Answer
	got     []agent.Reply // of a stream
	err     error
}

func newSide(t *testing.T, s *schedule, tenant string) *side {
	x := &side{schedule: s, tenant: tenant, had: map[agentmsg.MessageID][]string{}, own: map[agentmsg.MessageID]bool{}}
	x.server = mockserver.Start(t, mockserver.WithAI(x.ai()), mockserver.WithChannel(mockserver.Channel{
		ID: mockserver.DefaultChannelID, Identifier: mockserver.DefaultChannelIdentifier, SplitDelay: s.within(0, 2*time.Second),
	}))
	opts := []agent.Option{
		agent.WithTenant(tenant), agent.WithWaiters(s.waiters), agent.WithAnswerTimeout(s.within(3*time.Second, 15*time.Second)),
		agent.WithUnmatched(func(_ context.Context, e agentmsg.Event) error { return x.take("unmatched", e) }),
	}
	if s.oneIn(4) {
		opts = append(opts, agent.WithMaxReplies(1+s.r.IntN(2)))
	}
	var err error
	x.maia, err = agent.NewMAIA(x.server.Client(), channel, opts...)
	require.NoError(t, err)
	x.handler = newHandler(t, func(_ context.Context, e agentmsg.Event) error { return x.take("function", e) },
		agentmsg.WithWebhookTenants(tenantIs(tenant)), agentmsg.WithWebhookTap(x.maia.Take))
	x.server.SetWebhookHandler(x.handler, "")
	return x
}

// ai answers each question by its text alone: later or sooner, in parts or not
// at all.
func (x *side) ai() mockserver.AI {
	seed := x.seed
	return func(ctx context.Context, turn mockserver.Turn) []string {
		r := rand.New(rand.NewPCG(seed, uint64(len(turn.Text))+uint64(turn.Text[len(turn.Text)-1])<<8))
		select {
		case <-time.After(time.Duration(r.Int64N(int64(10 * time.Second)))):
		case <-ctx.Done():
		}
		parts := make([]string, r.IntN(4))
		for i := range parts {
			parts[i] = fmt.Sprintf("%s|%s|%s|part %d", x.tenant, turn.Session.ID, turn.Text, i)
		}
		return parts
	}
}

var errFunction = errors.New("the function failed")

// take is the handler's function, and that of WithUnmatched.
func (x *side) take(by string, e agentmsg.Event) error {
	m, ok := e.(*agentmsg.MessageEvent)
	if !ok {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.fails++; by == "function" && x.fails%5 == 0 {
		return errFunction
	}
	x.had[m.MessageID] = append(x.had[m.MessageID], by)
	return nil
}

// ended notes what an Ask had.
func (x *side) ended(a *scheduled) {
	a.ended = time.Now()
	had := a.got
	if a.answer != nil {
		had = append(had, a.answer.Replies...)
		had = append(had, a.answer.Unmatched...)
	}
	seen := map[agentmsg.MessageID]bool{}
	for _, r := range had {
		seen[r.MessageID] = true
	}
	if failed, ok := errors.AsType[*agent.AskError](a.err); ok {
		for _, r := range failed.Replies {
			if !a.stream || !seen[r.MessageID] { // what was yielded is in the error too
				had = append(had, r)
			}
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asks = append(x.asks, a)
	for _, r := range had {
		x.had[r.MessageID] = append(x.had[r.MessageID], "ask "+a.text)
	}
}

// isOf tells whether a text was said in a session of this tenant.
func (x *side) isOf(id agentmsg.SessionID, text string) bool {
	return strings.HasPrefix(text, x.tenant+"|"+string(id)+"|")
}
