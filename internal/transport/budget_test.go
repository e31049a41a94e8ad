package transport_test

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/stretchr/testify/require"
)

// roundTrip is a RoundTripper in one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// status answers with a status and nothing else.
func status(code int) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: http.NoBody}
}

// plain takes every success as usable.
type plain struct{}

func (plain) Judge(r *transport.Result) transport.Verdict {
	if r.Status/100 == 2 {
		return transport.Usable
	}
	return transport.Plain
}

func (plain) Attempted(context.Context, transport.Attempted) {}

func newCall(attempts int) *transport.Call {
	return &transport.Call{
		Method: http.MethodGet, URL: url.URL{Scheme: "http", Host: "api.test", Path: "/"},
		Rule: transport.Rule{Repeatable: true}, MaxAttempts: int32(attempts), Timeout: 1 << 40, Caller: plain{},
	}
}

// A full bucket of 100 pays ten retries, and then none.
func TestBudgetInAnOutage(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	code, requests := 503, 0
	e := &transport.Endpoint{
		Loop: transport.NewLoop(roundTrip(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			requests++
			return status(code), nil
		}), nil),
		Budget: transport.NewBudget(100), MaxRetryAfter: 1, State: new(transport.State),
	}
	run := func(calls int) (spent int) {
		for range calls {
			c := newCall(3)
			transport.Do(t.Context(), e, c)
			if c.Stopped == transport.ErrRetryBudget { //nolint:errorlint // it is not wrapped
				spent++
			}
		}
		return spent
	}
	require.Equal(t, 635, run(640))
	require.Equal(t, 650, requests)

	code, requests = 200, 0
	run(9)
	code, requests = 503, 0
	run(1)
	require.Equal(t, 1, requests, "nine successes pay nothing")

	code = 200
	run(1)
	code, requests = 503, 0
	run(1)
	require.Equal(t, 2, requests, "ten pay one retry")

	code = 200
	run(1000)
	code, requests = 503, 0
	run(100)
	require.Equal(t, 110, requests, "the bucket holds a hundred, however many succeed")
}

func TestBudgetOff(t *testing.T) {
	t.Parallel()
	requests := 0
	e := &transport.Endpoint{
		Loop: transport.NewLoop(roundTrip(func(*http.Request) (*http.Response, error) {
			requests++
			return status(503), nil
		}), nil),
		Budget: transport.NewBudget(-1), MaxRetryAfter: 1, State: new(transport.State),
	}
	for range 100 {
		transport.Do(t.Context(), e, newCall(3))
	}
	require.Equal(t, 300, requests)
}
