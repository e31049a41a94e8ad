package agent_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func TestRepliesAsTheyCome(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a\nb\nc"), split(2*time.Second)), nil, func(t *testing.T, w *world) {
		began := time.Now()
		replies := w.maia.Replies(t.Context(), agent.Question{SessionID: session, Text: "hi"})
		synctest.Wait()
		require.Empty(t, w.posts(), "it is sent at the first step")
		var at []time.Duration
		var got []agent.Reply
		for r, err := range replies {
			require.NoError(t, err)
			got, at = append(got, r), append(at, time.Since(began))
		}
		require.Equal(t, []string{"a", "b", "c"}, texts(got))
		require.Equal(t, []time.Duration{0, 2 * time.Second, 4 * time.Second}, at)
		require.Equal(t, 4*time.Second+quiet, time.Since(began))
		for _, err := range replies {
			require.NoError(t, err)
		}
		require.Len(t, w.posts(), 2, "each range asks")
	})
}

// What was not yielded was not acknowledged: all of it goes to the function.
func TestRepliesBrokenOff(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a", "b", "c")), nil, func(t *testing.T, w *world) {
		for r, err := range w.maia.Replies(t.Context(), agent.Question{SessionID: session, Text: "hi"}) {
			require.NoError(t, err)
			require.Equal(t, "a", r.Text)
			synctest.Wait() // b is at the door
			break
		}
		require.NoError(t, w.Idle(t.Context()))
		synctest.Wait()
		require.Equal(t, []string{"b", "c"}, w.texts())
		ended := time.Now()
		answer, err := w.ask(t, "next")
		require.NoError(t, err)
		require.Equal(t, quiet, w.posts()[1].Sub(ended), "a quiet window passes")
		require.Equal(t, "a\nb\nc", answer.Text())
	})
}

// A slow consumer holds deliveries up; it loses none.
func TestRepliesOfASlowConsumer(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a", "b", "c")), nil, func(t *testing.T, w *world) {
		var got []agent.Reply
		for r, err := range w.maia.Replies(t.Context(), agent.Question{SessionID: session, Text: "hi"}) {
			require.NoError(t, err)
			got = append(got, r)
			time.Sleep(10 * time.Second)
		}
		require.Equal(t, []string{"a", "b", "c"}, texts(got))
		require.NoError(t, w.Idle(t.Context()))
		require.Empty(t, w.texts())
	})
}

// What waits behind a part that takes long is not acknowledged: it would be
// lost to the function when the range is broken off.
func TestRepliesBrokenOffByASlowConsumer(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{6 * time.Second, 10 * time.Second, time.Minute} {
		inBubble(t, with(says("a", "b", "c")), nil, func(t *testing.T, w *world) {
			for r, err := range w.maia.Replies(t.Context(), agent.Question{SessionID: session, Text: "hi"}) {
				require.NoError(t, err)
				require.Equal(t, "a", r.Text)
				time.Sleep(d)
				break
			}
			require.NoError(t, w.Idle(t.Context()))
			var acknowledged int
			for _, attempt := range w.Deliveries() {
				if attempt.Status == http.StatusOK {
					acknowledged++
				}
			}
			require.Len(t, w.texts(), acknowledged-1, "all but a")
			require.Equal(t, d < time.Minute, acknowledged == 3, "MAIA gives up after four attempts")
		})
	}
}

func TestRepliesErrorIsLast(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a\nb"), split(2*time.Second)), nil, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var got []string
		var last error
		for r, err := range w.maia.Replies(ctx, agent.Question{SessionID: session, Text: "hi"}) {
			require.NoError(t, last)
			if last = err; err != nil {
				require.Zero(t, r)
				continue
			}
			got = append(got, r.Text)
		}
		require.Equal(t, []string{"a"}, got)
		failed := failure(t, last, context.DeadlineExceeded, agentmsg.OutcomeAccepted)
		require.Equal(t, []string{"a"}, texts(failed.Replies))
	})
}

// A panic in the range, or the end of its goroutine, frees the session.
func TestRepliesAbandoned(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(t *testing.T, w *world) {
		require.PanicsWithValue(t, "no", func() {
			for _, err := range w.maia.Replies(t.Context(), agent.Question{SessionID: session, Text: "hi"}) {
				require.NoError(t, err)
				panic("no")
			}
		})
		answer, err := w.ask(t, "next")
		require.NoError(t, err)
		require.Equal(t, "You said: next", answer.Text())
	})
}

// Nothing is yielded before it is known that the question was taken.
func TestRepliesBefore202(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a", "b"), slow202(2*time.Second)), nil, func(t *testing.T, w *world) {
		began := time.Now()
		var at []time.Duration
		for _, err := range w.maia.Replies(t.Context(), agent.Question{SessionID: session, Text: "hi"}) {
			require.NoError(t, err)
			at = append(at, time.Since(began))
		}
		require.Equal(t, []time.Duration{2 * time.Second, 2 * time.Second}, at)
	})
	inBubble(t, with(says("a"), mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.DropAfterAccept})), nil,
		func(t *testing.T, w *world) {
			var got []string
			for r, err := range w.maia.Replies(t.Context(), agent.Question{SessionID: session, Text: "hi"}) {
				require.NoError(t, err)
				got = append(got, r.Text)
			}
			require.Equal(t, []string{"a"}, got)
		})
}
