package agentmsg_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// The fault table: each fault hits the first attempt of a call of each class,
// once with three attempts and once with no other than that.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, f := range faults {
		for class, of := range faultCalls {
			for _, most := range []int{3, 1} {
				t.Run(fmt.Sprintf("%s/%s/%d", f.name, of.class, most), func(t *testing.T) {
					t.Parallel()
					testFault(t, f, of, class, most)
				})
			}
		}
	}
}

// The faults of single operations.
func TestFaultsOf(t *testing.T) {
	t.Parallel()
	for _, f := range faultsOf {
		class := slices.IndexFunc(faultCalls[:], func(c faultCall) bool { return c.class == f.of.class })
		for _, most := range []int{3, 1} {
			t.Run(fmt.Sprintf("%s/%d", f.name, most), func(t *testing.T) {
				t.Parallel()
				testFault(t, f.faultRow, f.of, class, most)
			})
		}
	}
}

// inTime is more than any row needs, and less than a wait for a server that
// does not come back.
const inTime = 10 * time.Second

func testFault(t *testing.T, f faultRow, of faultCall, class, most int) {
	at := f.fault(t)
	var texts bytes.Buffer // all that anybody may write down
	log := slog.New(slog.NewJSONHandler(&texts, nil))
	client := faultClient(t, at.base, append(at.opts, agentmsg.WithLogger(log), agentmsg.WithAttemptHook(func(_ context.Context, a agentmsg.Attempt) {
		_, _ = fmt.Fprintf(&texts, "%v %+v %#v\n", a, a, a)
	}))...)
	for range at.before {
		require.NoError(t, of.call(t.Context(), client), "for a connection to use again")
	}
	want := f.requests[class]
	if at.before == 0 || of.class != "keyed" { // there net/http itself sends it again
		want = min(want, most)
	}
	patience := time.Minute
	if slices.Contains(f.cause.is, error(agentmsg.ErrAttemptTimeout)) {
		patience = 200 * time.Millisecond
	}
	var got agentmsg.Response
	began := time.Now()
	err := of.call(t.Context(), client, agentmsg.WithMaxAttempts(most), agentmsg.WithAttemptTimeout(patience), agentmsg.WithResponse(&got))
	require.Less(t, time.Since(began), inTime)
	require.Equal(t, want, got.Attempts, "%v", err)
	require.Equal(t, want, at.arrived()-at.before, "what arrived")
	log.Info("the end", "err", err, "response", got)
	require.NotContains(t, texts.String(), secretWord)
	if want == 2 {
		require.NoError(t, err, "the second meets a good server")
		return
	}
	f.check(t, err, got.Status, f.outcome[class])
	require.Equal(t, f.requests == thrice, agentmsg.OutcomeOf(err) == agentmsg.OutcomeNotSent && agentmsg.Temporary(err), "of what is not sent, all that passes is temporary")
}

// check looks at the error of a fault that was not overcome.
func (f faultRow) check(t *testing.T, err error, status int, outcome agentmsg.Outcome) {
	t.Helper()
	require.Equal(t, f.status, status)
	require.Equal(t, outcome, agentmsg.OutcomeOf(err), "%v", err)
	f.cause.check(t, err)
	if outcome >= agentmsg.OutcomeUnknown {
		require.False(t, agentmsg.Temporary(err), "%v", err)
	}
	switch f.kind {
	case none:
		require.NoError(t, err)
	case network:
		e := as[*agentmsg.TransportError](t, err)
		require.Equal(t, f.status, e.Status)
		require.NotNil(t, e.Err)
	case api:
		e := as[*agentmsg.APIError](t, err)
		require.Equal(t, f.status, e.Status)
		require.NotContains(t, string(e.Body), secretWord)
		require.NotContains(t, e.Location, "?")
		require.LessOrEqual(t, len(e.Body), 64<<10)
		require.LessOrEqual(t, len(e.Message), 512)
	case decode:
		require.Equal(t, f.status, as[*agentmsg.DecodeError](t, err).Status)
	}
}

func (c cause) check(t *testing.T, err error) {
	t.Helper()
	for _, is := range c.is {
		require.ErrorIs(t, err, is)
	}
	for _, isNot := range c.isNot {
		require.NotErrorIs(t, err, isNot)
	}
	require.True(t, c.isA == nil || c.isA(err), "%v", err)
}

// requireNoSecret looks for a credential or a query in all the ways in which
// an error is written.
func requireNoSecret(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	require.NotContains(t, err.Error(), "\n")
	require.LessOrEqual(t, len(err.Error()), 2<<10)
	for _, text := range []string{err.Error(), fmt.Sprintf("%v", err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		require.NotContains(t, text, secretWord)
	}
}
