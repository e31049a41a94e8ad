package agentmsg_test

import (
	"errors"
	"fmt"
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
		for class := range faultCalls {
			for _, most := range []int{3, 1} {
				t.Run(fmt.Sprintf("%s/%s/%d", f.name, faultCalls[class].class, most), func(t *testing.T) {
					t.Parallel()
					testFault(t, f, class, most)
				})
			}
		}
	}
}

func testFault(t *testing.T, f faultRow, class, most int) {
	s, base, opts := f.fault(t)
	client := faultClient(t, base, opts...)
	before := 0
	if s != nil && len(s.script) > 1 {
		before = len(s.script) - 1
		require.NoError(t, faultCalls[class].call(t.Context(), client), "for a connection to use again")
	}
	want := f.requests[class]
	if before == 0 || faultCalls[class].class != "keyed" { // there net/http itself sends it again
		want = min(want, most)
	}
	patience := time.Minute
	if slices.Contains(f.is, error(agentmsg.ErrAttemptTimeout)) {
		patience = 80 * time.Millisecond
	}
	var got agentmsg.Response
	err := faultCalls[class].call(t.Context(), client,
		agentmsg.WithMaxAttempts(most), agentmsg.WithAttemptTimeout(patience), agentmsg.WithResponse(&got))
	require.Equal(t, want, got.Attempts, "%v", err)
	if s != nil && s.accept == nil {
		require.Equal(t, want, s.seen()-before, "requests that arrived")
	}
	if want == 2 {
		require.NoError(t, err, "the second meets a good server")
		return
	}
	f.check(t, err, got.Status, f.outcome[class])
	require.Equal(t, f.requests == thrice && f.outcome == notSent, agentmsg.OutcomeOf(err) == agentmsg.OutcomeNotSent && agentmsg.Temporary(err))
}

// check looks at the error of a fault that was not overcome.
func (f faultRow) check(t *testing.T, err error, status int, outcome agentmsg.Outcome) {
	t.Helper()
	require.Equal(t, f.status, status)
	require.Equal(t, outcome, agentmsg.OutcomeOf(err), "%v", err)
	for _, cause := range f.is {
		require.ErrorIs(t, err, cause)
	}
	if f.isNot != nil {
		require.NotErrorIs(t, err, f.isNot)
	}
	if outcome >= agentmsg.OutcomeUnknown {
		require.False(t, agentmsg.Temporary(err), "%v", err)
	}
	requireNoSecret(t, err)
	switch f.kind {
	case none:
		require.NoError(t, err)
	case network:
		e, ok := errors.AsType[*agentmsg.TransportError](err)
		require.True(t, ok, "%T: %v", err, err)
		require.Equal(t, f.status, e.Status)
		require.NotNil(t, e.Err)
	case api:
		e, ok := errors.AsType[*agentmsg.APIError](err)
		require.True(t, ok, "%T: %v", err, err)
		require.Equal(t, f.status, e.Status)
		require.NotContains(t, string(e.Body), secretWord)
		require.NotContains(t, e.Location, "?")
		require.LessOrEqual(t, len(e.Body), 64<<10)
		require.LessOrEqual(t, len(e.Message), 512)
	case decode:
		e, ok := errors.AsType[*agentmsg.DecodeError](err)
		require.True(t, ok, "%T: %v", err, err)
		require.Equal(t, f.status, e.Status)
	}
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
