package agent_test

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// apart is a world whose webhooks reach another process, which acknowledges
// all that the shared waiters take.
func apart(t *testing.T, server []mockserver.Option, opts []agent.Option, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		shared := agent.NewMemoryWaiters()
		w := newWorld(t, server, append(opts, agent.WithWaiters(shared)))
		there, err := agent.NewMAIA(w.client, channel, agent.WithWaiters(shared))
		require.NoError(t, err)
		w.SetWebhookHandler(newHandler(t, w.keep, agentmsg.WithWebhookTap(there.Take)), "")
		test(t, w)
	})
}

func (w *world) unmatched() agent.Option { return agent.WithUnmatched(w.keep) }

// The other process knows no id of this one's messages, and this one not yet.
func TestApartOwnAgentMessage(t *testing.T) {
	t.Parallel()
	late := mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSendAgentMessage, Kind: mockserver.Delay, Delay: 2 * time.Second})
	apart(t, with(late, silent()), nil, func(t *testing.T, w *world) {
		a := w.begin(t, "hi")
		_, err := w.maia.SendAgentMessage(t.Context(), mockserver.DefaultChannelID, session, agentmsg.AgentMessageParams{Content: "own"})
		require.NoError(t, err)
		w.AISays(session, "answer")
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "answer", answer.Text())
		require.Equal(t, []string{"own"}, texts(answer.Unmatched))
		require.False(t, answer.MaybeEarlier)
	})
}

// What comes before the POST, be its time not known, is no reply.
func TestApartBeforeThePost(t *testing.T) {
	t.Parallel()
	apart(t, with(mockserver.WithAIDelay(time.Minute)), nil, func(t *testing.T, w *world) {
		first := w.begin(t, "one")
		first.cancel()
		_, err := first.wait(t)
		require.ErrorIs(t, err, context.Canceled)
		second := w.start(t, agent.Question{SessionID: session, Text: "two"})
		synctest.Wait()
		w.Emit([]byte(`{"sessionId":"s1","messageId":"m1","response":"before"}`))
		require.NoError(t, w.WaitRequests(t.Context(), agentmsg.OpSend, 2))
		w.AISays(session, "answer")
		answer, err := second.wait(t)
		require.NoError(t, err)
		require.Equal(t, "answer", answer.Text())
		require.Equal(t, []string{"before"}, texts(answer.Unmatched))
	})
}

func TestApartBeyondMaxReplies(t *testing.T) {
	t.Parallel()
	apart(t, with(says("a", "b", "c"), slow202(time.Second)), []agent.Option{agent.WithMaxReplies(2)}, func(t *testing.T, w *world) {
		answer, err := w.ask(t, "hi")
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, texts(answer.Replies))
		require.Equal(t, []string{"c"}, texts(answer.Unmatched))
	})
	// A range has no such place, so it has them all.
	apart(t, with(says("a", "b", "c"), slow202(time.Second)), []agent.Option{agent.WithMaxReplies(2)}, func(t *testing.T, w *world) {
		var got []string
		for r, err := range w.maia.Replies(t.Context(), agent.Question{SessionID: session, Text: "hi"}) {
			require.NoError(t, err)
			got = append(got, r.Text)
		}
		require.Equal(t, []string{"a", "b", "c"}, got)
	})
}

// What was acknowledged and never yielded goes to WithUnmatched's function.
func TestApartBrokenOff(t *testing.T) {
	t.Parallel()
	for name, breakOff := range map[string]func(replies iter.Seq2[agent.Reply, error], body func(agent.Reply, error)){
		"by a break": func(replies iter.Seq2[agent.Reply, error], body func(agent.Reply, error)) {
			for r, err := range replies {
				body(r, err)
				break
			}
		},
		"by a panic": func(replies iter.Seq2[agent.Reply, error], body func(agent.Reply, error)) {
			defer func() { _ = recover() }()
			for r, err := range replies {
				body(r, err)
				panic("no")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := new(world)
			apart(t, with(silent()), []agent.Option{w.unmatched()}, func(t *testing.T, x *world) {
				remove := x.Inject(mockserver.Fault{Event: agentmsg.EventMessage, Kind: mockserver.Hold, Times: 1})
				x.HumanSays(session, "before")
				time.Sleep(time.Second)
				go func() {
					_ = x.WaitRequests(t.Context(), agentmsg.OpSend, 1)
					x.AISays(session, "a")
					x.AISays(session, "b")
				}()
				breakOff(x.maia.Replies(t.Context(), agent.Question{SessionID: session, Text: "hi"}), func(r agent.Reply, err error) {
					require.NoError(t, err)
					require.Equal(t, "a", r.Text)
					remove()
					require.NoError(t, x.Idle(t.Context()))
					synctest.Wait()
				})
				require.ElementsMatch(t, []string{"before", "b"}, w.texts())
				require.Empty(t, x.texts())
			})
		})
	}
}

// database is a store that does nothing once a context has ended, and takes
// its time.
type database struct{ *agent.MemoryWaiters }

func (d database) Open(ctx context.Context, key string) (agent.Waiter, error) {
	w, err := d.MemoryWaiters.Open(ctx, key)
	return row{w}, err
}

type row struct{ agent.Waiter }

func (r row) Close(ctx context.Context) ([]agentmsg.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rest, err := r.Waiter.Close(ctx)
	time.Sleep(time.Second)
	return rest, err
}

func TestCancelledAskClosesItsWaiter(t *testing.T) {
	t.Parallel()
	inBubble(t, with(silent()), []agent.Option{agent.WithWaiters(database{agent.NewMemoryWaiters()})}, func(t *testing.T, w *world) {
		a := w.begin(t, "one")
		a.cancel()
		_, err := a.wait(t)
		require.ErrorIs(t, err, context.Canceled)
		next := w.begin(t, "two")
		w.AISays(session, "answer")
		_, err = next.wait(t)
		require.NoError(t, err)
	})
}

// While one question is still leaving, the next one is there already.
func TestNextQuestionBeforeTheLastHasLeft(t *testing.T) {
	t.Parallel()
	inBubble(t, with(silent()), []agent.Option{agent.WithWaiters(database{agent.NewMemoryWaiters()})}, func(t *testing.T, w *world) {
		first := w.begin(t, "one")
		second := w.start(t, agent.Question{SessionID: session, Text: "two"})
		w.AISays(session, "a")
		remove := w.Inject(mockserver.Fault{Event: agentmsg.EventMessage, Kind: mockserver.Hold, Times: 1})
		w.AISays(session, "late")
		_, err := first.wait(t)
		require.NoError(t, err)
		synctest.Wait()
		require.Len(t, w.posts(), 2)
		remove()
		w.AISays(session, "b")
		answer, err := second.wait(t)
		require.NoError(t, err)
		require.Equal(t, "b", answer.Text())
		require.Empty(t, answer.Unmatched)
		require.Equal(t, []string{"late"}, w.texts())
	})
}

// Nor is the reply to a question of another process refused here.
func TestApartNextQuestionBeforeTheLastHasLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opts := []agent.Option{agent.WithWaiters(database{agent.NewMemoryWaiters()}), agent.WithMaxReplies(1)}
		w := newWorld(t, nil, opts)
		there, err := agent.NewMAIA(w.client, channel, opts...)
		require.NoError(t, err)
		leaving := w.start(t, agent.Question{SessionID: session, Text: "one"})
		synctest.Wait()
		answer, err := there.Ask(t.Context(), agent.Question{SessionID: session, Text: "two"})
		require.NoError(t, err)
		require.Equal(t, "You said: two", answer.Text())
		_, err = leaving.wait(t)
		require.NoError(t, err)
		require.NoError(t, w.Idle(t.Context()))
		require.Empty(t, w.texts())
	})
}
