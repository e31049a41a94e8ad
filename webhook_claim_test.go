package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// scripted is a deduper of which a test writes what it wants otherwise. It
// keeps what it was asked, each with the time since its making.
type scripted struct {
	agentmsg.MemoryDeduper
	onClaim func(n int) (agentmsg.Claim, error)
	onRenew func(n int) error
	onDone  func(n int) error

	began time.Time
	mu    sync.Mutex
	asked []string
	keys  []string
	count map[string]int
}

func newScripted() *scripted { return &scripted{began: time.Now(), count: map[string]int{}} }

func (s *scripted) note(format string, what string, args ...any) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count[what]++
	s.asked = append(s.asked, fmt.Sprintf("%v ", time.Since(s.began))+what+fmt.Sprintf(format, args...))
	return s.count[what]
}

func (s *scripted) calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

func (s *scripted) times(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[what]
}

func (s *scripted) Claim(ctx context.Context, key string, lease time.Duration) (agentmsg.Claim, error) {
	n := s.note(" %v", "claim", lease)
	s.mu.Lock()
	s.keys = append(s.keys, key)
	s.mu.Unlock()
	if s.onClaim != nil {
		return s.onClaim(n)
	}
	return s.MemoryDeduper.Claim(ctx, key, lease)
}

func (s *scripted) Renew(ctx context.Context, c agentmsg.Claim, lease time.Duration) error {
	n := s.note(" %v", "renew", lease)
	if s.onRenew != nil {
		if err := s.onRenew(n); err != nil {
			return err
		}
	}
	return s.MemoryDeduper.Renew(ctx, c, lease)
}

func (s *scripted) Done(ctx context.Context, c agentmsg.Claim, keep time.Duration) error {
	n := s.note(" %v", "done", keep)
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.onDone != nil {
		if err := s.onDone(n); err != nil {
			return err
		}
	}
	return s.MemoryDeduper.Done(ctx, c, keep)
}

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
		"claim errs":   {func(d *scripted) { d.onClaim = func(int) (agentmsg.Claim, error) { return agentmsg.Claim{}, down } }, 503, refused, 0},
		"claim panics": {func(d *scripted) { d.onClaim = func(int) (agentmsg.Claim, error) { panic(down) } }, 503, refused, 0},
		"unknown state": {func(d *scripted) {
			d.onClaim = func(int) (agentmsg.Claim, error) { return agentmsg.Claim{State: 9}, nil }
		}, 503, refused, 0},
		"no state": {func(d *scripted) { d.onClaim = func(int) (agentmsg.Claim, error) { return agentmsg.Claim{}, nil } }, 503, refused, 0},
		"granted but errs": {func(d *scripted) {
			d.onClaim = func(int) (agentmsg.Claim, error) { return agentmsg.Claim{State: agentmsg.ClaimGranted}, down }
		}, 503, refused, 0},
		"handled": {func(d *scripted) {
			d.onClaim = func(int) (agentmsg.Claim, error) { return agentmsg.Claim{State: agentmsg.ClaimHandled}, nil }
		}, 200, agentmsg.WebhookStats{Duplicates: 1}, 0},
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
		"done errs":   {func(d *scripted) { d.onDone = func(int) error { return down } }, 200, one, 4},
		"done panics": {func(d *scripted) { d.onDone = func(int) error { panic(down) } }, 200, one, 4},
		"done is late": {func(d *scripted) {
			d.onDone = func(int) error { return fmt.Errorf("%w: no row", agentmsg.ErrLeaseLost) }
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
		d.onClaim = func(n int) (agentmsg.Claim, error) {
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
			claims := 0
			w.claimWith = func(ctx context.Context) (agentmsg.Claim, error) {
				if claims++; claims >= last {
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
