package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// diary is a function that notes when each message ran, and fails as told.
type diary struct {
	began time.Time
	take  time.Duration
	fails map[string]int // runs that fail, by message
	mu    sync.Mutex
	lines []string
}

func newDiary() *diary { return &diary{began: time.Now(), fails: map[string]int{}} }

func (d *diary) handle(_ context.Context, e agentmsg.Event) error {
	id := string(e.(*agentmsg.MessageEvent).MessageID)
	d.mu.Lock()
	d.lines = append(d.lines, fmt.Sprintf("%v %s", time.Since(d.began), id))
	d.fails[id]--
	failed := d.fails[id] >= 0
	d.mu.Unlock()
	time.Sleep(d.take)
	if failed {
		return errors.New("no")
	}
	return nil
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.lines...)
}

// queue is a handler with a queue, and what is written about its runs.
func queue(t *testing.T, workers, depth int) (*agentmsg.WebhookHandler, *diary) {
	t.Helper()
	d := newDiary()
	return newHandler(t, d.handle, agentmsg.WithWebhookQueue(workers, depth)), d
}

// A failed event runs again after 1, 2 and 4 s; what came after it in its
// session waits, the others do not; after four runs it is given up.
func TestQueueBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, d := queue(t, 2, 10)
		d.fails["bad"] = 4
		for _, m := range [][2]string{{"s", "bad"}, {"s", "next"}, {"other", "free"}, {"", "alone"}} {
			require.Equal(t, 200, deliver(t, h, messageBody(m[0], m[1], "x")).Code)
			synctest.Wait()
		}
		require.Equal(t, []string{"0s bad", "0s free", "0s alone"}, d.read())
		require.Equal(t, 2, h.Stats().Queued)
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"0s bad", "0s free", "0s alone", "1s bad", "3s bad", "7s bad", "7s next"}, d.read())
		require.Equal(t, agentmsg.WebhookStats{Handled: 3, Failed: 4, GivenUp: 1}, h.Stats())
		require.Equal(t, 200, deliver(t, h, messageBody("s", "bad", "x")).Code, "it was acknowledged: no run")
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, agentmsg.WebhookStats{Handled: 3, Failed: 4, GivenUp: 1, Duplicates: 1}, h.Stats())
	})
}

// Events without a session have no order: none waits for another.
func TestQueueWithoutSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, d := queue(t, 1, 10)
		d.fails["1"] = 1
		for _, id := range []string{"1", "2", "3"} {
			require.Equal(t, 200, deliver(t, h, messageBody("", id, "x")).Code)
			synctest.Wait()
		}
		require.Equal(t, []string{"0s 1", "0s 2", "0s 3"}, d.read())
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, agentmsg.WebhookStats{Handled: 3, Failed: 1}, h.Stats())
	})
}

// Depth counts what waits: not what runs, but what is in back-off.
func TestQueueDepth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, d := queue(t, 1, 2)
		d.take = time.Second
		status := map[string]int{}
		for _, m := range [][2]string{{"a", "1"}, {"a", "2"}, {"b", "3"}, {"a", "4"}, {"c", "5"}} {
			status[m[1]] = deliver(t, h, messageBody(m[0], m[1], "x")).Code
		}
		require.Equal(t, map[string]int{"1": 200, "2": 200, "3": 200, "4": 503, "5": 503}, status)
		require.Equal(t, agentmsg.WebhookStats{Refused: 2, Queued: 2}, h.Stats())
		time.Sleep(1500 * time.Millisecond)
		require.Equal(t, 200, deliver(t, h, messageBody("a", "4", "x")).Code, "it was released, and there is room")
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, []string{"0s 1", "1s 3", "2s 2", "3s 4"}, d.read(), "lanes take turns")
	})
}

func TestQueueDepthCountsBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, d := queue(t, 1, 1)
		d.fails["bad"] = 1
		require.Equal(t, 200, deliver(t, h, messageBody("s", "bad", "x")).Code)
		synctest.Wait()
		require.Equal(t, 503, deliver(t, h, messageBody("s", "2", "x")).Code)
		require.Equal(t, 200, deliver(t, h, messageBody("free", "3", "x")).Code, "a worker is free")
		require.NoError(t, h.Shutdown(t.Context()))
	})
}

// A run that fails takes no more room than there is: while everything fails,
// the queue holds depth events and one for each worker.
func TestQueueDepthWhileAllFails(t *testing.T) {
	t.Parallel()
	for _, session := range []string{"s%d", ""} {
		synctest.Test(t, func(t *testing.T) {
			h := newHandler(t, func(context.Context, agentmsg.Event) error { return errors.New("no") }, agentmsg.WithWebhookQueue(2, 3))
			var statuses []int
			for i := range 8 {
				statuses = append(statuses, deliver(t, h, messageBody(strings.ReplaceAll(session, "%d", fmt.Sprint(i)), fmt.Sprint(i), "x")).Code)
				synctest.Wait()
			}
			require.Equal(t, []int{200, 200, 200, 200, 200, 503, 503, 503}, statuses)
			require.Equal(t, agentmsg.WebhookStats{Failed: 5, Refused: 3, Queued: 5}, h.Stats())
			time.Sleep(10 * time.Second)
			require.Equal(t, agentmsg.WebhookStats{Failed: 20, Refused: 3, GivenUp: 5}, h.Stats())
			require.Equal(t, 200, deliver(t, h, messageBody("s", "7", "x")).Code, "there is room again")
			require.NoError(t, h.Shutdown(t.Context()))
		})
	}
}

// Shutdown refuses what comes, ends each back-off, and gives what fails from
// then on one more run.
func TestQueueShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, d := queue(t, 1, 10)
		d.fails["resting"], d.fails["waiting"], d.fails["hopeless"] = 2, 1, 9
		for _, id := range []string{"resting", "waiting", "hopeless"} {
			require.Equal(t, 200, deliver(t, h, messageBody(id, id, "x")).Code)
			if id == "resting" {
				synctest.Wait()
				time.Sleep(500 * time.Millisecond)
				d.take = time.Second
			}
		}
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, []string{"0s resting", "500ms waiting", "1.5s hopeless", "2.5s resting", "3.5s waiting", "4.5s hopeless", "5.5s resting"}, d.read())
		require.Equal(t, agentmsg.WebhookStats{Handled: 2, Failed: 5, GivenUp: 1}, h.Stats())
		require.Equal(t, 503, deliver(t, h, messageBody("s", "later", "x")).Code)
	})
}

// A Shutdown whose context ends cuts nothing off, and may be repeated.
func TestQueueShutdownRunsOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, d := queue(t, 1, 10)
		d.take = 3 * time.Second
		for _, id := range []string{"1", "2"} {
			require.Equal(t, 200, deliver(t, h, messageBody("s", id, "x")).Code)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		require.ErrorIs(t, h.Shutdown(ctx), context.DeadlineExceeded)
		require.Equal(t, 4*time.Second, time.Since(d.began))
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, 6*time.Second, time.Since(d.began))
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, uint64(2), h.Stats().Handled)
	})
}

// The deadline bounds each run from its start; without one a run has none.
func TestQueueDeadline(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		opts []agentmsg.WebhookOption
		want []time.Duration // how long each run took
	}{
		"none":    {nil, []time.Duration{time.Hour}},
		"a short": {[]agentmsg.WebhookOption{agentmsg.WithWebhookDeadline(time.Millisecond)}, []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond, time.Millisecond}},
		"a long":  {[]agentmsg.WebhookOption{agentmsg.WithWebhookDeadline(time.Minute)}, []time.Duration{time.Minute, time.Minute, time.Minute, time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var took []time.Duration
				h := newHandler(t, func(ctx context.Context, _ agentmsg.Event) error {
					began := time.Now()
					defer func() { took = append(took, time.Since(began)) }()
					select {
					case <-time.After(time.Hour):
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}, append(test.opts, agentmsg.WithWebhookQueue(1, 1))...)
				require.Equal(t, 200, deliver(t, h, aMessage).Code)
				time.Sleep(2 * time.Hour)
				require.NoError(t, h.Shutdown(t.Context()))
				require.Equal(t, test.want, took)
			})
		})
	}
}

// The function's context outlives the request, with its values.
func TestQueueContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		h := newHandler(t, func(ctx context.Context, e agentmsg.Event) error {
			time.Sleep(time.Minute)
			require.NoError(t, ctx.Err())
			require.Equal(t, "kept", ctx.Value(key{}))
			handled, ok := agentmsg.HandledEvent(ctx)
			require.True(t, ok)
			require.Same(t, e, handled)
			return nil
		}, agentmsg.WithWebhookQueue(1, 1))
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		h.ServeHTTP(httptest.NewRecorder(), delivery(string(aMessage)).WithContext(ctx))
		cancel()
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, uint64(1), h.Stats().Handled)
	})
}

// A run that panics or ends its goroutine fails, and its worker lives on.
func TestQueueRunBreaks(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]func(){"panic": func() { panic("no") }, "goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runs := 0
				h := newHandler(t, func(context.Context, agentmsg.Event) error {
					if runs++; runs < 4 {
						last()
					}
					return nil
				}, agentmsg.WithWebhookQueue(1, 3))
				require.Equal(t, 200, deliver(t, h, aMessage).Code)
				require.Equal(t, 200, deliver(t, h, messageBody("s", "2", "x")).Code)
				time.Sleep(8 * time.Second)
				require.NoError(t, h.Shutdown(t.Context()))
				require.Equal(t, agentmsg.WebhookStats{Handled: 2, Failed: 3}, h.Stats())
			})
		})
	}
}
