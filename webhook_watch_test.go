package agentmsg_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

const lateLine = "not handled at its deadline"

// A deadline between two looks is met to the moment.
func TestHandlerDeadlineBetweenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, agentmsg.WithWebhookDeadline(1500*time.Millisecond))
		w.run = func(context.Context, agentmsg.Event) error { time.Sleep(5 * time.Second); return nil }
		began := time.Now()
		requireAnswer(t, w.receive(delivery(refusedBody)), 503, "not_handled_in_time")
		require.Equal(t, 1500*time.Millisecond, time.Since(began))
		require.NoError(t, w.Shutdown(t.Context()))
	})
}

// One that ends as its deadline comes is answered once, and the log agrees.
func TestHandlerEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 200 {
			w := watch(t)
			w.run = func(context.Context, agentmsg.Event) error { time.Sleep(8 * time.Second); return nil }
			answer := w.receive(delivery(refusedBody))
			require.NoError(t, w.Shutdown(t.Context()))
			require.Equal(t, answer.status == 503, strings.Contains(w.logged(), lateLine))
			require.Equal(t, agentmsg.WebhookStats{Handled: 1}, w.Stats())
		}
	})
}

// One that ends as it is looked at is let go: a look that was on its way sets no
// timer again, which would hold the delivery for good.
func TestHandlerEndsAsItIsLookedAt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events []weak.Pointer[agentmsg.MessageEvent]
		h := newHandler(t, func(_ context.Context, e agentmsg.Event) error {
			events = append(events, weak.Make(e.(*agentmsg.MessageEvent)))
			time.Sleep(time.Second)
			return nil
		})
		for i := range 200 {
			require.Equal(t, 200, deliver(t, h, messageBody("s", strconv.Itoa(i), "hello")).Code)
		}
		require.NoError(t, h.Shutdown(t.Context()))
		time.Sleep(time.Minute)
		runtime.GC()
		for i, event := range events {
			require.Nil(t, event.Value(), "delivery %d is still looked at", i)
		}
	})
}

// A body that is late is refused, and that is all that is said.
func TestHandlerSaysOnceThatABodyIsLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		r := delivery(refusedBody)
		r.Body = io.NopCloser(io.MultiReader(r.Body, readFunc(func([]byte) (int, error) {
			time.Sleep(9 * time.Second)
			return 0, io.EOF
		})))
		requireAnswer(t, w.receive(r), 503, "not_handled_in_time")
		require.NotContains(t, w.logged(), lateLine)
		require.Contains(t, w.logged(), `"event":{"type":`)
	})
}

// Nobody is told of an answer that nobody waits for.
func TestHandlerSenderHangsUpQuietly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.run = func(context.Context, agentmsg.Event) error { time.Sleep(12 * time.Second); return nil }
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		w.receive(delivery(refusedBody).WithContext(ctx))
		require.NoError(t, w.Shutdown(t.Context()))
		require.Empty(t, w.logged())
	})
}

// A claim that comes after the sender has gone is renewed as any other.
func TestHandlerRenewsForASenderThatHungUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.onClaim = func(ctx context.Context, n int) (agentmsg.Claim, error) {
			time.Sleep(1500 * time.Millisecond)
			return w.MemoryDeduper.Claim(ctx, w.claimed()[n-1], 3*time.Second)
		}
		w.run = func(context.Context, agentmsg.Event) error { time.Sleep(5 * time.Second); return nil }
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		w.receive(delivery(refusedBody).WithContext(ctx))
		require.NoError(t, w.Shutdown(t.Context()))
		require.Equal(t, 5, w.times("renew"))
		require.Equal(t, agentmsg.WebhookStats{Handled: 1}, w.Stats())
	})
}

// Nothing is renewed while Done is asked.
func TestHandlerRenewsNothingThatIsDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.onDone = func(context.Context, int) error { time.Sleep(2500 * time.Millisecond); return nil }
		requireAnswer(t, w.receive(delivery(refusedBody)), 200, "")
		require.NoError(t, w.Shutdown(t.Context()))
		require.Zero(t, w.times("renew"))
	})
}

// A server's own bound stands where it is the earlier one.
func TestHandlerLeavesAShorterReadTimeout(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{2 * time.Second, 4500 * time.Millisecond, 5 * time.Second, 7500 * time.Millisecond} {
		t.Run(timeout.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newPipeServer(t, newHandler(t, accepts), func(s *http.Server) { s.ReadTimeout = timeout }).dial(t)
				began := time.Now()
				c.write(head(nil, "Content-Length: 2000"))
				c.trickle(strings.Repeat("x", 2000), 1, 100*time.Millisecond)
				requireClosing(t, c.answer(), 503, "body_timeout")
				require.Equal(t, timeout, time.Since(began))
			})
		})
	}
}

// lentContext is a request's context whose owner takes it back.
type lentContext struct {
	context.Context
	back, asked atomic.Bool
}

func (l *lentContext) Err() error {
	if l.back.Load() {
		l.asked.Store(true)
	}
	return l.Context.Err()
}

// Once the answer is given the request's context is not asked for its end.
func TestHandlerLeavesTheRequestsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, after(12*time.Second))
		lent := &lentContext{Context: t.Context()}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, delivery(refusedBody).WithContext(lent))
		require.Equal(t, 503, w.Code)
		lent.back.Store(true)
		require.NoError(t, h.Shutdown(t.Context()))
		require.False(t, lent.asked.Load())
	})
}

// slowLogs takes a second for each line.
type slowLogs struct {
	slog.Handler
	wrote *time.Time
}

func (slowLogs) Enabled(context.Context, slog.Level) bool { return true }
func (s slowLogs) Handle(context.Context, slog.Record) error {
	time.Sleep(time.Second)
	*s.wrote = time.Now()
	return nil
}

// A logger may be closed after Shutdown.
func TestShutdownWaitsForTheLateLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var wrote time.Time
		w := watch(t, agentmsg.WithWebhookLogger(slog.New(slowLogs{slog.DiscardHandler, &wrote})))
		w.run = func(context.Context, agentmsg.Event) error { time.Sleep(8500 * time.Millisecond); return nil }
		requireAnswer(t, w.receive(delivery(refusedBody)), 503, "not_handled_in_time")
		require.NoError(t, w.Shutdown(t.Context()))
		require.False(t, wrote.IsZero(), "it logs after Shutdown")
	})
}
