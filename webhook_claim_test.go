package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

func after(d time.Duration) func(context.Context, agentmsg.Event) error {
	return func(context.Context, agentmsg.Event) error {
		time.Sleep(d)
		return nil
	}
}

// aMessage and a pause: one has an id to be remembered by, the other a hash.
var (
	aMessage = messageBody("s", "m", "x")
	aPause   = []byte(`{"eventType":"ai_pause","sessionId":"s","aiPaused":true}`)
)

// How long an event is held and remembered.
func TestHandlerLease(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   []byte
		handle func(context.Context, agentmsg.Event) error
		tap    time.Duration
		status int
		want   []string
	}{
		"quick":          {body: aMessage, handle: accepts, status: 200, want: []string{"0s claim 3s", "0s done 24h0m0s"}},
		"hash":           {body: aPause, handle: accepts, status: 200, want: []string{"0s claim 3s", "0s done 10m0s"}},
		"without an id":  {body: messageBody("s", "", "x"), handle: accepts, status: 200, want: []string{"0s claim 3s", "0s done 10m0s"}},
		"failed":         {body: aMessage, handle: func(context.Context, agentmsg.Event) error { return errors.New("no") }, status: 500, want: []string{"0s claim 3s", "0s done 0s"}},
		"panicked":       {body: aMessage, handle: func(context.Context, agentmsg.Event) error { panic("no") }, status: 500, want: []string{"0s claim 3s", "0s done 0s"}},
		"goroutine over": {body: aMessage, handle: func(context.Context, agentmsg.Event) error { runtime.Goexit(); return nil }, status: 500, want: []string{"0s claim 3s", "0s done 0s"}},
		"slow": {body: aMessage, handle: after(2500 * time.Millisecond), status: 200, want: []string{
			"0s claim 3s", "1s renew 3s", "2s renew 3s", "2.5s done 24h0m0s"}},
		"slow tap": {body: aMessage, handle: accepts, tap: 1500 * time.Millisecond, status: 200, want: []string{
			"0s claim 3s", "1s renew 3s", "1.5s done 24h0m0s"}},
		"late": {body: aMessage, handle: after(9500 * time.Millisecond), status: 503, want: []string{
			"0s claim 3s", "1s renew 3s", "2s renew 3s", "3s renew 3s", "4s renew 3s", "5s renew 3s", "6s renew 3s", "7s renew 3s",
			"8s renew 3s", "9s renew 3s", "9.5s done 24h0m0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newScripted()
				h := newHandler(t, test.handle, agentmsg.WithDeduper(d), agentmsg.WithWebhookTap(func(context.Context, agentmsg.Event) (bool, error) {
					time.Sleep(test.tap)
					return false, nil
				}))
				require.Equal(t, test.status, deliver(t, h, test.body).Code)
				require.NoError(t, h.Shutdown(t.Context()))
				require.Equal(t, test.want, d.calls())
			})
		})
	}
}

// claimIs is a script: each Claim is answered so.
func claimIs(c agentmsg.Claim, err error) func(*scripted) {
	return func(d *scripted) {
		d.onClaim = func(context.Context, int) (agentmsg.Claim, error) { return c, err }
	}
}

// A store that fails answers 503 before the function, and nothing after it.
func TestHandlerStoreFails(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	one := agentmsg.WebhookStats{Handled: 1}
	refused := agentmsg.WebhookStats{Refused: 1}
	lost := agentmsg.WebhookStats{Handled: 1, LeaseLost: 1}
	for name, test := range map[string]struct {
		script func(*scripted)
		status int
		stats  agentmsg.WebhookStats
		renews int
	}{
		"claim errs":       {claimIs(agentmsg.Claim{}, down), 503, refused, 0},
		"claim panics":     {func(d *scripted) { d.onClaim = func(context.Context, int) (agentmsg.Claim, error) { panic(down) } }, 503, refused, 0},
		"unknown state":    {claimIs(agentmsg.Claim{State: 9}, nil), 503, refused, 0},
		"no state":         {claimIs(agentmsg.Claim{}, nil), 503, refused, 0},
		"granted but errs": {claimIs(agentmsg.Claim{State: agentmsg.ClaimGranted}, down), 503, refused, 0},
		"handled":          {claimIs(agentmsg.Claim{State: agentmsg.ClaimHandled}, nil), 200, agentmsg.WebhookStats{Duplicates: 1}, 0},
		"renew errs once": {func(d *scripted) {
			d.onRenew = func(n int) error {
				if n == 1 {
					return down
				}
				return nil
			}
		}, 200, one, 4},
		"renew panics once": {func(d *scripted) {
			d.onRenew = func(n int) error {
				if n == 1 {
					panic("no")
				}
				return nil
			}
		}, 200, one, 4},
		"renew loses": {func(d *scripted) { d.onRenew = func(int) error { return agentmsg.ErrLeaseLost } }, 200, lost, 1},
		"renew hangs": {func(d *scripted) { d.onRenew = func(int) error { time.Sleep(1500 * time.Millisecond); return nil } }, 200, one, 3},
		"done errs":   {func(d *scripted) { d.onDone = func(context.Context, int) error { return down } }, 200, one, 4},
		"done panics": {func(d *scripted) { d.onDone = func(context.Context, int) error { panic(down) } }, 200, one, 4},
		"done is late": {func(d *scripted) {
			d.onDone = func(context.Context, int) error { return fmt.Errorf("%w: no row", agentmsg.ErrLeaseLost) }
		}, 200, lost, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newScripted()
				test.script(d)
				h := newHandler(t, after(4500*time.Millisecond), agentmsg.WithDeduper(d))
				require.Equal(t, test.status, deliver(t, h, aMessage).Code)
				require.NoError(t, h.Shutdown(t.Context()))
				require.Equal(t, test.stats, h.Stats())
				require.Equal(t, test.renews, d.times("renew"))
			})
		})
	}
}

// A deduper that obeys no context holds up no answer; what it grants after the
// deadline is released, and runs when it is delivered again.
func TestHandlerClaimIsLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newScripted()
		d.onClaim = func(_ context.Context, n int) (agentmsg.Claim, error) {
			if n == 1 {
				time.Sleep(8500 * time.Millisecond)
			}
			return d.MemoryDeduper.Claim(t.Context(), "k", 3*time.Second)
		}
		h := newHandler(t, accepts, agentmsg.WithDeduper(d))
		w := deliver(t, h, aMessage)
		require.Equal(t, 503, w.Code)
		require.Equal(t, "1", w.Header().Get("Retry-After"))
		require.Equal(t, 8*time.Second, time.Since(d.began))
		time.Sleep(time.Second)
		require.Equal(t, agentmsg.WebhookStats{Refused: 1}, h.Stats())
		require.Equal(t, 200, deliver(t, h, aMessage).Code)
		require.Equal(t, []string{"0s claim 3s", "8.5s done 0s", "9s claim 3s", "9s done 24h0m0s"}, d.calls())
	})
}

// The tap comes after the claim and before the function.
func TestHandlerTap(t *testing.T) {
	t.Parallel()
	no := errors.New("no")
	for name, test := range map[string]struct {
		tap    func() (bool, error)
		status int
		stats  agentmsg.WebhookStats
		last   string
	}{
		"taken":           {func() (bool, error) { return true, nil }, 200, agentmsg.WebhookStats{Handled: 1}, "0s done 24h0m0s"},
		"not taken":       {func() (bool, error) { return false, nil }, 200, agentmsg.WebhookStats{Handled: 1}, "0s done 24h0m0s"},
		"failed":          {func() (bool, error) { return false, no }, 503, agentmsg.WebhookStats{Failed: 1}, "0s done 0s"},
		"taken, failed":   {func() (bool, error) { return true, no }, 503, agentmsg.WebhookStats{Failed: 1}, "0s done 0s"},
		"panicked":        {func() (bool, error) { panic("no") }, 503, agentmsg.WebhookStats{Failed: 1}, "0s done 0s"},
		"goroutine over":  {func() (bool, error) { runtime.Goexit(); return true, nil }, 500, agentmsg.WebhookStats{Failed: 1}, "0s done 0s"},
		"taken after 9 s": {func() (bool, error) { time.Sleep(9 * time.Second); return true, nil }, 503, agentmsg.WebhookStats{Handled: 1}, "9s done 24h0m0s"},
	} {
		for _, queued := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/queued=%v", name, queued), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					d, reached := newScripted(), false
					opts := []agentmsg.WebhookOption{agentmsg.WithDeduper(d), agentmsg.WithWebhookTap(func(ctx context.Context, e agentmsg.Event) (bool, error) {
						require.False(t, reached)
						require.Equal(t, 1, d.times("claim"))
						handled, _ := agentmsg.HandledEvent(ctx)
						require.Same(t, e, handled)
						return test.tap()
					})}
					if queued {
						opts = append(opts, agentmsg.WithWebhookQueue(1, 1))
					}
					h := newHandler(t, func(context.Context, agentmsg.Event) error { reached = true; return nil }, opts...)
					w := deliver(t, h, aMessage)
					require.Equal(t, test.status, w.Code)
					require.Equal(t, test.status == 503, w.Header().Get("Retry-After") != "")
					require.NoError(t, h.Shutdown(t.Context()))
					require.Equal(t, test.stats, h.Stats())
					require.Equal(t, name == "not taken", reached)
					require.Equal(t, test.last, d.calls()[len(d.calls())-1])
				})
			})
		}
	}
}

// Done has its time, however close the deadline is by then: what was handled
// was.
func TestDoneOutlivesTheDeadline(t *testing.T) {
	t.Parallel()
	for _, run := range []time.Duration{0, 4 * time.Second, 7999 * time.Millisecond, 8 * time.Second, 9 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := watch(t)
			w.run = func(context.Context, agentmsg.Event) error { time.Sleep(run); return nil }
			var left time.Duration
			w.onDone = func(ctx context.Context, _ int) error {
				deadline, ok := ctx.Deadline()
				require.True(t, ok)
				left = time.Until(deadline)
				return nil
			}
			w.receive(delivery(refusedBody))
			require.NoError(t, w.Shutdown(t.Context()))
			require.GreaterOrEqual(t, left, 3*time.Second)
			require.Equal(t, []time.Duration{24 * time.Hour}, w.keeps())
		})
	}
}

// A store that ends its goroutine, as a test's FailNow does, ends nothing else.
func TestDeduperThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.run = func(context.Context, agentmsg.Event) error { time.Sleep(2500 * time.Millisecond); return nil }
		w.onRenew = func(int) error { runtime.Goexit(); return nil }
		requireAnswer(t, w.receive(delivery(refusedBody)), 200, "")
		w = watch(t)
		w.onClaim = func(context.Context, int) (agentmsg.Claim, error) { runtime.Goexit(); return agentmsg.Claim{}, nil }
		requireAnswer(t, w.receive(delivery(refusedBody)), 500, "handler_failed")
		require.NoError(t, w.Shutdown(t.Context()))
		require.Empty(t, w.reached())
	})
}

// An event is the function's: what it writes to it changes neither how long
// the event is remembered nor what is logged, and races with neither.
func TestEventIsTheFunctions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, agentmsg.WithWebhookDeadline(time.Second))
		scribble := func(e agentmsg.Event) {
			m := e.(*agentmsg.MessageEvent)
			m.MessageID, m.SessionID, m.Response = "hush-id", "hush-session", m.Response+"x"
		}
		w.run = func(_ context.Context, e agentmsg.Event) error {
			for range 40 {
				scribble(e)
				time.Sleep(100 * time.Millisecond)
			}
			return errors.New("too late")
		}
		w.onRenew = func(int) error { return errors.New("not now") }
		requireAnswer(t, w.receive(delivery(string(messageBody("s", "m", "x")))), 503, anyCode)
		require.NoError(t, w.Shutdown(t.Context()))
		require.NotContains(t, w.logged(), "hush")
		require.Contains(t, w.logged(), `"session":"s","id":"m"`)

		for _, opts := range [][]agentmsg.WebhookOption{nil, {agentmsg.WithWebhookQueue(1, 1)}} {
			w = watch(t, opts...)
			w.run = func(_ context.Context, e agentmsg.Event) error {
				scribble(e)
				e.(*agentmsg.MessageEvent).MessageID = ""
				return nil
			}
			requireAnswer(t, w.receive(delivery(string(messageBody("s", "m", "x")))), 200, "")
			require.NoError(t, w.Shutdown(t.Context()))
			require.Equal(t, []time.Duration{24 * time.Hour}, w.keeps())
		}
	})
}

// A store that fails is that, also after it had said that the event is in flight.
func TestHandlerStoreFailsAfterInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.onClaim = func(_ context.Context, n int) (agentmsg.Claim, error) {
			if n == 1 {
				return agentmsg.Claim{State: agentmsg.ClaimInFlight}, nil
			}
			return agentmsg.Claim{}, errors.New("down")
		}
		requireAnswer(t, w.receive(delivery(refusedBody)), 503, "deduper_unavailable")
	})
}
