package agentmsg_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// A hundred deliveries of one event at once run it once, and each is answered
// with success.
func TestHandlerDuplicates(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]agentmsg.WebhookOption{"direct": nil, "queue": {agentmsg.WithWebhookQueue(8, 100)}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var runs, good atomic.Int64
				h := newHandler(t, func(context.Context, agentmsg.Event) error {
					runs.Add(1)
					time.Sleep(50 * time.Millisecond)
					return nil
				}, opts...)
				var senders sync.WaitGroup
				for range 100 {
					senders.Go(func() {
						if deliver(t, h, aMessage).Code == 200 {
							good.Add(1)
						}
					})
				}
				senders.Wait()
				require.NoError(t, h.Shutdown(t.Context()))
				require.EqualValues(t, 1, runs.Load())
				require.EqualValues(t, 100, good.Load())
				require.Equal(t, agentmsg.WebhookStats{Handled: 1, Duplicates: 99}, h.Stats())
			})
		})
	}
}

// Each session's events run in their order, through fewer workers than there
// are sessions, also where some fail at first.
func TestQueueKeepsOrder(t *testing.T) {
	t.Parallel()
	const sessions, events = 50, 40
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		seen, failed, running, most := map[agentmsg.SessionID][]string{}, map[string]bool{}, 0, 0
		h := newHandler(t, func(_ context.Context, e agentmsg.Event) error {
			id := string(e.(*agentmsg.MessageEvent).MessageID)
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Duration(len(id)) * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			running--
			if id[len(id)-1] == '7' && !failed[id] {
				failed[id] = true
				return context.Canceled
			}
			seen[e.Session()] = append(seen[e.Session()], id)
			return nil
		}, agentmsg.WithWebhookQueue(8, sessions*events))
		var senders sync.WaitGroup
		for s := range sessions {
			senders.Go(func() {
				for n := range events {
					deliver(t, h, messageBody(fmt.Sprint("s", s), fmt.Sprintf("%d-%d", s, n), "x"))
				}
			})
		}
		senders.Wait()
		time.Sleep(time.Minute) // the failed come back by their back-off
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, 8, most)
		require.Equal(t, agentmsg.WebhookStats{Handled: sessions * events, Failed: sessions * 4}, h.Stats())
		for s := range sessions {
			var want []string
			for n := range events {
				want = append(want, fmt.Sprintf("%d-%d", s, n))
			}
			require.Equal(t, want, seen[agentmsg.SessionID(fmt.Sprint("s", s))])
		}
	})
}

// Shutdown waits for runs that overran their deadline.
func TestHandlerShutdownWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, after(20*time.Second))
		began := time.Now()
		require.Equal(t, 503, deliver(t, h, aMessage).Code)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, h.Shutdown(ctx), context.DeadlineExceeded)
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, 20*time.Second, time.Since(began))
		require.Equal(t, agentmsg.WebhookStats{Handled: 1}, h.Stats())
		w := deliver(t, h, messageBody("s", "2", "x"))
		require.Equal(t, 503, w.Code)
		require.Equal(t, "shutting_down\n", w.Body.String())
	})
}

// Where nothing is left to wait for, Shutdown says so, also to a context that
// has ended.
func TestHandlerShutdownOfNothing(t *testing.T) {
	t.Parallel()
	h := newHandler(t, accepts)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		require.NoError(t, h.Shutdown(ended))
	}
}
