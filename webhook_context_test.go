package agentmsg_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// The context of a function is one as context.WithDeadline makes it, whenever
// it is first asked when it ends.
func TestHandlerContextEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	for name, asked := range map[string]time.Duration{"asked at once": 0, "asked later": 3 * time.Second, "asked after the deadline": 9 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch(t)
				began := time.Now()
				w.run = func(ctx context.Context, e agentmsg.Event) error {
					time.Sleep(asked)
					type key struct{}
					child, cancel := context.WithCancel(context.WithValue(ctx, key{}, "child"))
					defer cancel()
					at, ok := ctx.Deadline()
					require.True(t, ok)
					require.Equal(t, began.Add(8*time.Second), at)
					<-child.Done()
					require.Equal(t, max(asked, 8*time.Second), time.Since(began))
					for _, c := range []context.Context{ctx, child} {
						require.Equal(t, context.DeadlineExceeded, c.Err())
						require.Equal(t, context.DeadlineExceeded, context.Cause(c))
						handled, _ := agentmsg.HandledEvent(c)
						require.Equal(t, e, handled)
					}
					time.Sleep(time.Second) // the answer is given by then
					return nil
				}
				requireAnswer(t, w.receive(delivery(refusedBody)), 503, "not_handled_in_time")
				require.NoError(t, w.Shutdown(t.Context()))
				require.Equal(t, agentmsg.WebhookStats{Handled: 1}, w.Stats())
			})
		})
	}
}

// Once the event is settled the context is canceled, and stays that, whether or
// not somebody had asked for its end before, and whenever that is first asked.
// The deduper of watch asks, so this has another.
func TestHandlerContextEndsWithTheEvent(t *testing.T) {
	t.Parallel()
	for _, asks := range []bool{true, false} {
		for _, later := range []time.Duration{0, time.Second, time.Hour} {
			t.Run(fmt.Sprintf("asked before %t and %v after", asks, later), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var kept context.Context
					h := newHandler(t, func(ctx context.Context, _ agentmsg.Event) error {
						if kept = ctx; asks {
							return ctx.Err()
						}
						return nil
					})
					require.Equal(t, 200, deliver(t, h, aMessage).Code)
					require.NoError(t, h.Shutdown(t.Context()))
					time.Sleep(later)
					<-kept.Done()
					require.Equal(t, context.Canceled, kept.Err())
					require.Equal(t, context.Canceled, context.Cause(kept))
				})
			})
		}
	}
}

// It may be printed while it ends, as loggers and mocks do; -race tells.
func TestHandlerContextIsPrinted(t *testing.T) {
	t.Parallel()
	w := watch(t)
	var printing sync.WaitGroup
	w.run = func(ctx context.Context, _ agentmsg.Event) error {
		printing.Go(func() {
			for range 1000 {
				_ = fmt.Sprintf("%v %+v", ctx, ctx)
			}
		})
		return nil
	}
	require.Equal(t, 200, w.receive(delivery(refusedBody)).status)
	printing.Wait()
}

// A context that is made of it hangs on it without a goroutine of its own.
func TestHandlerContextTakesNoGoroutine(t *testing.T) {
	w := watch(t)
	w.run = func(ctx context.Context, _ agentmsg.Event) error {
		before := runtime.NumGoroutine()
		for range 100 {
			_, cancel := context.WithCancel(ctx)
			defer cancel()
		}
		require.Less(t, runtime.NumGoroutine()-before, 50)
		return nil
	}
	require.Equal(t, 200, w.receive(delivery(refusedBody)).status)
}
