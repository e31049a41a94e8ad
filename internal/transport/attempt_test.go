package transport_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/stretchr/testify/require"
)

// A RoundTripper that never asks when its attempt ends, and fails after it has,
// failed by the time-out; one that fails before did not.
func TestTimeoutThatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]error{time.Second: errCause, 3 * time.Second: transport.ErrAttemptTimeout} {
		synctest.Test(t, func(t *testing.T) {
			var kept context.Context
			e := &transport.Endpoint{
				Loop: transport.NewLoop(roundTrip(func(r *http.Request) (*http.Response, error) {
					kept = r.Context()
					time.Sleep(took)
					return nil, errCause
				}), nil),
				State: new(transport.State),
			}
			c := newCall(1)
			c.Timeout = 2 * time.Second
			transport.Do(t.Context(), e, c)
			require.Equal(t, want, c.Err)
			require.Error(t, kept.Err(), "it is over with the attempt")
		})
	}
}

// What a lost attempt still holds ends with the attempt, asked for or not.
func TestAttemptContextEnds(t *testing.T) {
	t.Parallel()
	for _, asks := range []bool{true, false} {
		var kept context.Context
		e := &transport.Endpoint{
			Loop: transport.NewLoop(roundTrip(func(r *http.Request) (*http.Response, error) {
				if kept = r.Context(); asks {
					_ = kept.Done()
				}
				return status(http.StatusOK), nil
			}), nil),
			State: new(transport.State),
		}
		transport.Do(t.Context(), e, newCall(1))
		<-kept.Done()
		require.Equal(t, context.Canceled, kept.Err())
	}
}

// A user's trace hears of each attempt once, and net/http may call its hooks while
// the next attempt begins.
func TestTraceOfTheUser(t *testing.T) {
	t.Parallel()
	var lost []*httptrace.ClientTrace
	e := &transport.Endpoint{
		Loop: transport.NewLoop(roundTrip(func(r *http.Request) (*http.Response, error) {
			trace := httptrace.ContextClientTrace(r.Context())
			lost = append(lost, trace)
			trace.GotConn(httptrace.GotConnInfo{})
			return status(http.StatusServiceUnavailable), nil
		}), nil),
		State: new(transport.State),
	}
	heard := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { heard++ }})
	transport.Do(ctx, e, newCall(3))
	require.Equal(t, 3, heard)
	require.NotSame(t, lost[0], lost[1])
	require.NotSame(t, lost[1], lost[2])
}

// Who prints a context of a call sees nothing of it, whatever the verb.
func TestContextsArePrinted(t *testing.T) {
	t.Parallel()
	var printed []string
	show := func(ctx context.Context) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			printed = append(printed, fmt.Sprintf(verb, ctx))
		}
	}
	e := &transport.Endpoint{
		Loop: transport.NewLoop(roundTrip(func(r *http.Request) (*http.Response, error) {
			show(r.Context())
			return status(http.StatusOK), nil
		}), nil),
		Credential: &transport.Credential{Header: "Authorization", Source: func(ctx context.Context, _ string) (string, error) {
			show(ctx)
			return "token", nil
		}},
		State: new(transport.State),
	}
	transport.Do(t.Context(), e, newCall(1))
	want := append(slices.Repeat([]string{"agentmsg: a call's context"}, 7), slices.Repeat([]string{"agentmsg: a context with a deadline"}, 7)...)
	require.Equal(t, want, printed)
}
