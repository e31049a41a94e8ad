package agentmsg_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// A delivery of an event in flight waits for the other's end.
func TestHandlerInFlight(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first  time.Duration
		fails  bool
		status int
		took   time.Duration
		runs   int
	}{
		"handled":   {first: 1250 * time.Millisecond, status: 200, took: 1300 * time.Millisecond, runs: 1},
		"released":  {first: 1250 * time.Millisecond, fails: true, status: 200, took: 1300 * time.Millisecond, runs: 2},
		"never yet": {first: 20 * time.Second, status: 503, took: 8 * time.Second, runs: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runs := 0
				h := newHandler(t, func(context.Context, agentmsg.Event) error {
					if runs++; runs > 1 {
						return nil
					}
					time.Sleep(test.first)
					if test.fails {
						return errors.New("no")
					}
					return nil
				})
				go deliver(t, h, aMessage)
				synctest.Wait()
				began := time.Now()
				w := deliver(t, h, aMessage)
				require.Equal(t, test.status, w.Code)
				require.Equal(t, test.took, time.Since(began))
				require.Equal(t, test.status == 503, w.Header().Get("Retry-After") == "1")
				require.NoError(t, h.Shutdown(t.Context()))
				require.Equal(t, test.runs, runs)
			})
		})
	}
}

// The deadline that cuts off a Claim of an event in flight is no failure of the
// store, and is not called one.
func TestHandlerInFlightEndsWithinAClaim(t *testing.T) {
	t.Parallel()
	for _, last := range []int{2, 80} {
		synctest.Test(t, func(t *testing.T) {
			w := watch(t)
			w.onClaim = func(ctx context.Context, n int) (agentmsg.Claim, error) {
				if n >= last {
					<-ctx.Done()
					return agentmsg.Claim{}, ctx.Err()
				}
				return agentmsg.Claim{State: agentmsg.ClaimInFlight}, nil
			}
			requireAnswer(t, w.receive(delivery(refusedBody)), 503, anyCode)
			require.NoError(t, w.Shutdown(t.Context()))
			require.Equal(t, agentmsg.WebhookStats{Refused: 1}, w.Stats())
			require.Contains(t, w.logged(), "in_flight")
			require.NotContains(t, w.logged(), "deduper")
		})
	}
}

// The sender that hangs up waits no more, and its function goes on.
func TestHandlerHangUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ended error
		h := newHandler(t, func(ctx context.Context, _ agentmsg.Event) error {
			time.Sleep(2 * time.Second)
			ended = ctx.Err()
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		for range 2 { // the function's, and one in flight
			synctest.Wait()
			go h.ServeHTTP(httptest.NewRecorder(), delivery(string(aMessage)).WithContext(ctx))
		}
		time.Sleep(1500 * time.Millisecond)
		require.Equal(t, uint64(1), h.Stats().Refused, "the one in flight has gone")
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, 2*time.Second, time.Since(began))
		require.NoError(t, ended)
		require.Equal(t, agentmsg.WebhookStats{Handled: 1, Refused: 1}, h.Stats())
	})
}

// The vendor's real schedule gets an event through a process that died while
// it held the claim: its lease ends before the last delivery does.
func TestHandlerOutlivesDeath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newScripted()
		dead := errors.New("its process is gone")
		d.onRenew = func(int) error { return dead }
		began := time.Now()
		var deaths, runs atomic.Int64
		dies := newHandler(t, func(ctx context.Context, _ agentmsg.Event) error {
			deaths.Add(1)
			<-ctx.Done()
			time.Sleep(time.Minute)
			return dead
		}, agentmsg.WithDeduper(d))
		lives := newHandler(t, func(context.Context, agentmsg.Event) error { runs.Add(1); return nil }, agentmsg.WithDeduper(d))

		var down atomic.Bool
		server := startWebhook(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if down.Load() {
				lives.ServeHTTP(w, r)
				return
			}
			ctx, cancel := context.WithTimeout(r.Context(), 500*time.Millisecond)
			defer cancel()
			dies.ServeHTTP(w, r.WithContext(ctx))
			down.Store(true)
			panic(http.ErrAbortHandler) // the connection goes with the machine
		}))
		server.CustomerSays("s", "hello")
		require.NoError(t, server.Idle(t.Context()))
		require.EqualValues(t, 1, deaths.Load())
		require.EqualValues(t, 1, runs.Load())
		require.Less(t, time.Since(began), 7*time.Second)
		require.NoError(t, dies.Shutdown(t.Context()))
	})
}
