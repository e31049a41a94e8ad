package agent_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/stretchr/testify/require"
)

func message(id string) *agentmsg.MessageEvent {
	return &agentmsg.MessageEvent{SessionID: session, MessageID: agentmsg.MessageID(id), Response: "text of " + id}
}

func TestMemoryWaitersHoldWhatComes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := agent.NewMemoryWaiters()
	offer := func(key, id string) bool {
		taken, err := w.Offer(ctx, key, message(id))
		require.NoError(t, err)
		return taken
	}
	require.False(t, offer("k", "m0"), "nobody waits")
	waiter, err := w.Open(ctx, "k")
	require.NoError(t, err)
	require.False(t, offer("other", "m1"))
	for _, id := range []string{"m1", "m2", "m1", "m3"} {
		require.True(t, offer("k", id))
	}
	for _, id := range []agentmsg.MessageID{"m1", "m2"} {
		ev, err := waiter.Next(ctx)
		require.NoError(t, err)
		require.Equal(t, id, ev.(*agentmsg.MessageEvent).MessageID)
	}
	require.True(t, offer("k", "m2"), "it has that for good")
	over, cancel := context.WithCancel(ctx)
	cancel()
	ev, err := waiter.Next(over)
	require.NoError(t, err, "what is there is given")
	require.Equal(t, agentmsg.MessageID("m3"), ev.(*agentmsg.MessageEvent).MessageID)
	_, err = waiter.Next(over)
	require.ErrorIs(t, err, context.Canceled)

	require.True(t, offer("k", "m4"))
	rest, err := waiter.Close(over)
	require.NoError(t, err)
	require.Equal(t, []agentmsg.Event{message("m4")}, rest)
	require.False(t, offer("k", "m5"))
	rest, err = waiter.Close(ctx)
	require.NoError(t, err)
	require.Empty(t, rest)
	_, err = waiter.Next(ctx)
	require.ErrorContains(t, err, "closed")
}

func TestMemoryWaitersInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w agent.MemoryWaiters // the zero value
		var order []int           // under the key's own turn
		var all sync.WaitGroup
		first, err := w.Open(t.Context(), "k")
		require.NoError(t, err)
		impatient, cancel := context.WithCancel(t.Context())
		for i := range 5 {
			all.Go(func() {
				ctx := t.Context()
				if i == 2 {
					ctx = impatient
				}
				waiter, err := w.Open(ctx, "k")
				if i == 2 {
					require.ErrorIs(t, err, context.Canceled)
					require.Nil(t, waiter)
					return
				}
				order = append(order, i)
				time.Sleep(time.Second)
				_, _ = waiter.Close(t.Context())
			})
			synctest.Wait()
		}
		other, err := w.Open(t.Context(), "other")
		require.NoError(t, err, "another key waits for nobody")
		_, _ = other.Close(t.Context())
		cancel()
		synctest.Wait()
		_, _ = first.Close(t.Context())
		all.Wait()
		require.Equal(t, []int{0, 1, 3, 4}, order)
		taken, err := w.Offer(t.Context(), "k", message("m"))
		require.NoError(t, err)
		require.False(t, taken, "no waiter is left")
	})
}

// One whose turn comes as it gives up leaves the turn to the next, and what was
// offered meanwhile to no one but its caller.
func TestMemoryWaitersGivenUpAtTheLastMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := agent.NewMemoryWaiters()
		for range 200 {
			first, err := w.Open(t.Context(), "k")
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			rest := make(chan []agentmsg.Event, 1)
			go func() {
				var held []agentmsg.Event
				if waiter, err := w.Open(ctx, "k"); err == nil {
					held, _ = waiter.Close(ctx)
				}
				rest <- held
			}()
			synctest.Wait()
			cancel()
			_, _ = first.Close(t.Context())
			taken, err := w.Offer(t.Context(), "k", message("m"))
			require.NoError(t, err)
			require.Equal(t, taken, len(<-rest) == 1, "what is taken is given back")
			last, err := w.Open(t.Context(), "k")
			require.NoError(t, err)
			_, _ = last.Close(t.Context())
		}
	})
}

// late is a context that ends just as it is asked.
type late struct{ context.Context }

func (late) Err() error { return nil }

func (late) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

func TestMemoryWaitersOfAnEndedContext(t *testing.T) {
	t.Parallel()
	w := agent.NewMemoryWaiters()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		waiter, err := w.Open(over, "k")
		require.ErrorIs(t, err, context.Canceled)
		require.Nil(t, waiter)
		if waiter, _ = w.Open(late{t.Context()}, "k"); waiter != nil {
			_, _ = waiter.Close(t.Context())
		}
		taken, err := w.Offer(t.Context(), "k", message("m"))
		require.NoError(t, err)
		require.False(t, taken)
	}
}

// A waiter that is closed wakes who waits in Next.
func TestMemoryWaitersCloseWakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := agent.NewMemoryWaiters()
		waiter, err := w.Open(t.Context(), "k")
		require.NoError(t, err)
		woken := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := waiter.Next(t.Context())
				woken <- err
			}()
		}
		synctest.Wait()
		_, _ = waiter.Close(t.Context())
		require.Error(t, <-woken)
		require.Error(t, <-woken)
	})
}
