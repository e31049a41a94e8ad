package transport_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/stretchr/testify/require"
)

// What came unasked counts, also for those who wait already.
func TestLimiterCharge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := transport.NewSlidingLog([]transport.Window{{2, time.Minute}})
		require.NoError(t, l.Wait(t.Context()))
		l.Charge()
		began := time.Now()
		waited := make(chan time.Duration, 1)
		go func() {
			require.NoError(t, l.Wait(t.Context()))
			waited <- time.Since(began)
		}()
		time.Sleep(30 * time.Second)
		l.Charge()
		require.Equal(t, time.Minute, <-waited, "one of the two has left the minute")
		require.ErrorIs(t, l.WaitAtMost(t.Context(), 30*time.Second-1), transport.ErrRateLimited)
		require.NoError(t, l.WaitAtMost(t.Context(), 30*time.Second))
		l.Charge()
		l.Charge()
		began = time.Now()
		require.NoError(t, l.Wait(t.Context()))
		require.Equal(t, time.Minute, time.Since(began))
	})
}

// frozenLine is twelve callers who came while the server's window was used up,
// one after another, and the order in which they were served. The eighth
// leaves.
func frozenLine(t *testing.T, l transport.Limiter) (order []int, at []time.Duration) {
	e, _ := limited(l, noneLeft(20*time.Second))
	transport.Do(t.Context(), e, newCall(1))
	began := time.Now()
	var mu sync.Mutex
	var all sync.WaitGroup
	ctx, leave := context.WithCancel(t.Context())
	for i := range 12 {
		ctx := ctx
		if i != 7 {
			ctx = t.Context()
		}
		all.Go(func() {
			c := newCall(1)
			transport.Do(ctx, e, c)
			if i == 7 {
				require.Equal(t, transport.NotSent, c.Outcome)
				require.Equal(t, 12*time.Second, time.Since(began), "it leaves at once")
				return
			}
			require.Equal(t, transport.None, c.Outcome)
			mu.Lock()
			defer mu.Unlock()
			order, at = append(order, i), append(at, time.Since(began))
		})
		synctest.Wait()
		time.Sleep(time.Second)
	}
	leave()
	all.Wait()
	return order, at
}

// Those who wait for the server's window are served in order too, and who
// leaves gives the place on.
func TestFrozenCallersAreServedInOrder(t *testing.T) {
	t.Parallel()
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			order, at := frozenLine(t, transport.NewSlidingLog([]transport.Window{{1, time.Second}}))
			require.True(t, slices.IsSorted(order), "%v", order)
			for i := range at {
				require.Equal(t, 20*time.Second+time.Duration(i)*time.Second, at[i])
			}
		})
	}
}
