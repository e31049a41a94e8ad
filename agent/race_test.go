package agent_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func slow202(d time.Duration) mockserver.Option {
	return mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Delay, Delay: d})
}

func TestAsk(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(t *testing.T, w *world) {
		began := time.Now()
		answer, err := w.maia.Ask(t.Context(), agent.Question{SessionID: session, UserID: "u", UserName: "Ada", Text: "hi"})
		require.NoError(t, err)
		require.Equal(t, quiet, time.Since(began))
		x, _ := w.Session(session)
		require.Equal(t, "customer: hi\nai: You said: hi\n", x.String())
		require.Equal(t, "u", x.ExternalUserID)
		require.Equal(t, "Ada", x.Name)
		require.Equal(t, session, answer.SessionID)
		require.Equal(t, x.Messages[0].ID, answer.QuestionID)
		require.Equal(t, agent.EndQuiet, answer.End)
		require.Equal(t, "You said: hi", answer.Text())
		require.Equal(t, x.Messages[1].ID, answer.Replies[0].MessageID)
		require.True(t, x.Messages[1].Timestamp.Equal(answer.Replies[0].Timestamp))
		require.JSONEq(t, string(w.Deliveries()[0].Body), string(answer.Replies[0].Raw))
		require.False(t, answer.MaybeEarlier)
		require.Empty(t, answer.Unmatched)
		require.Empty(t, w.texts())
	})
}

func TestReplyBefore202(t *testing.T) {
	t.Parallel()
	inBubble(t, with(slow202(time.Second)), nil, func(t *testing.T, w *world) {
		time.Sleep(300 * time.Microsecond) // of which the server's times know nothing
		began := time.Now()
		answer, err := w.ask(t, "hi")
		require.NoError(t, err)
		require.Equal(t, "You said: hi", answer.Text())
		require.NotEmpty(t, answer.QuestionID)
		require.Equal(t, quiet, time.Since(began), "the window began with the reply")
		require.Equal(t, 200, w.Deliveries()[0].Status)
		require.Zero(t, w.Deliveries()[0].Took, "it was acknowledged at once")
	})
}

func TestSlow202AfterWholeAnswer(t *testing.T) {
	t.Parallel()
	inBubble(t, with(slow202(20*time.Second), says("a\nb\nc"), split(time.Second)), nil, func(t *testing.T, w *world) {
		began := time.Now()
		answer, err := w.ask(t, "hi")
		require.NoError(t, err)
		require.Equal(t, "a\nb\nc", answer.Text())
		require.NotEmpty(t, answer.QuestionID)
		require.Equal(t, 20*time.Second, time.Since(began))
		require.Len(t, w.Deliveries(), 3)
	})
}

func TestThreePartReply(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a\nb\nc"), split(2*time.Second)), nil, func(t *testing.T, w *world) {
		began := time.Now()
		answer, err := w.ask(t, "hi")
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b", "c"}, texts(answer.Replies))
		require.Equal(t, agent.EndQuiet, answer.End)
		require.Equal(t, 4*time.Second+quiet, time.Since(began))
	})
}

// Whichever comes first; and what has no time stays behind what it came after.
func TestRepliesAreInTheServersOrder(t *testing.T) {
	t.Parallel()
	reorder := mockserver.WithFault(mockserver.Fault{Event: agentmsg.EventMessage, Kind: mockserver.Reorder, Times: 1})
	inBubble(t, with(silent(), reorder), nil, func(t *testing.T, w *world) {
		a := w.begin(t, "hi")
		time.Sleep(time.Second)
		w.AISays(session, "a")
		time.Sleep(100 * time.Millisecond)
		w.AISays(session, "b")
		synctest.Wait()
		w.Emit([]byte(`{"sessionId":"s1","messageId":"m1","response":"c"}`))
		synctest.Wait()
		w.AISays(session, "d")
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Contains(t, string(w.Deliveries()[0].Body), `"response":"b"`)
		require.Equal(t, []string{"a", "b", "c", "d"}, texts(answer.Replies))
	})
}

func TestPartRedeliveredLate(t *testing.T) {
	t.Parallel()
	inBubble(t, with(silent()), nil, func(t *testing.T, w *world) {
		first := w.start(t, agent.Question{SessionID: session, Text: "one"})
		require.NoError(t, w.WaitRequests(t.Context(), agentmsg.OpSend, 1))
		remove := w.Inject(mockserver.Fault{Event: agentmsg.EventMessage, Kind: mockserver.Hold, Times: 1, Skip: 1})
		w.AISays(session, "a")
		w.AISays(session, "b")
		answer, err := first.wait(t)
		require.NoError(t, err)
		require.Equal(t, "a", answer.Text())

		second := w.start(t, agent.Question{SessionID: session, Text: "two"})
		require.NoError(t, w.WaitRequests(t.Context(), agentmsg.OpSend, 2))
		remove() // b comes while the second question is open
		time.Sleep(time.Second)
		w.AISays(session, "c")
		answer, err = second.wait(t)
		require.NoError(t, err)
		require.Equal(t, "c", answer.Text())
		require.False(t, answer.MaybeEarlier)
		require.Equal(t, []string{"b"}, w.texts())
	})
}

// What is older is known for it only once the 202 is there: the delivery waits
// until then.
func TestEarlierReplyBefore202(t *testing.T) {
	t.Parallel()
	inBubble(t, with(silent()), nil, func(t *testing.T, w *world) {
		remove := w.Inject(mockserver.Fault{Event: agentmsg.EventMessage, Kind: mockserver.Hold, Times: 1})
		w.HumanSays(session, "before")
		time.Sleep(time.Second)
		w.Inject(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Delay, Delay: 2 * time.Second})
		asked := w.start(t, agent.Question{SessionID: session, Text: "hi"})
		synctest.Wait()
		remove()
		synctest.Wait()
		require.Empty(t, w.texts(), "nobody knows yet whose it is")
		w.AISays(session, "answer")
		answer, err := asked.wait(t)
		require.NoError(t, err)
		require.Equal(t, "answer", answer.Text())
		require.Equal(t, []string{"before"}, w.texts())
	})
}

func TestTwoAskersOnOneSession(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a\nb"), split(2*time.Second)), nil, func(t *testing.T, w *world) {
		var all []*asked
		for _, text := range []string{"one", "two", "three"} {
			all = append(all, w.start(t, agent.Question{SessionID: session, Text: text}))
			synctest.Wait()
		}
		for i, a := range all {
			answer, err := a.wait(t)
			require.NoError(t, err)
			require.Equal(t, "a\nb", answer.Text())
			require.Equal(t, time.Duration(i+1)*5*time.Second, a.took)
		}
		x, _ := w.Session(session)
		require.Equal(t, "customer: one\nai: a\nai: b\ncustomer: two\nai: a\nai: b\ncustomer: three\nai: a\nai: b\n", x.String())
	})
}

// A quiet window passes before the next POST when none has passed yet, and a
// part that comes meanwhile is nobody's and begins it anew.
func TestQuietWindowBeforeTheNextQuestion(t *testing.T) {
	t.Parallel()
	inBubble(t, with(silent()), []agent.Option{agent.WithMaxReplies(2)}, func(t *testing.T, w *world) {
		began := time.Now()
		first := w.start(t, agent.Question{SessionID: session, Text: "one"})
		require.NoError(t, w.WaitRequests(t.Context(), agentmsg.OpSend, 1))
		second := w.start(t, agent.Question{SessionID: session, Text: "two"})
		w.AISays(session, "a")
		w.AISays(session, "b")
		answer, err := first.wait(t)
		require.NoError(t, err)
		require.Equal(t, agent.EndMaxReplies, answer.End)
		require.Equal(t, "a\nb", answer.Text())
		require.Zero(t, first.took)
		time.Sleep(2 * time.Second)
		w.AISays(session, "c") // a third part
		require.NoError(t, w.WaitRequests(t.Context(), agentmsg.OpSend, 2))
		require.Equal(t, 2*time.Second+quiet, w.posts()[1].Sub(began))
		w.AISays(session, "d")
		answer, err = second.wait(t)
		require.NoError(t, err)
		require.Equal(t, "d", answer.Text())
		require.Equal(t, []string{"c"}, w.texts())
	})
}

func TestOneReplyNeedsNoWindow(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, []agent.Option{agent.WithMaxReplies(1)}, func(t *testing.T, w *world) {
		began := time.Now()
		for range 3 {
			answer, err := w.ask(t, "hi")
			require.NoError(t, err)
			require.Equal(t, agent.EndMaxReplies, answer.End)
			require.Len(t, answer.Replies, 1)
			for _, err := range w.maia.Replies(t.Context(), agent.Question{SessionID: session, Text: "hi"}) {
				require.NoError(t, err)
				break // which is the end of it in any case
			}
		}
		require.Zero(t, time.Since(began))
		require.Empty(t, w.texts())
	})
}

func TestMoreThanMaxRepliesBefore202(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a", "b", "c"), slow202(time.Second)), []agent.Option{agent.WithMaxReplies(2)}, func(t *testing.T, w *world) {
		answer, err := w.ask(t, "hi")
		require.NoError(t, err)
		require.Equal(t, "a\nb", answer.Text())
		require.NoError(t, w.Idle(t.Context()))
		require.Equal(t, []string{"c"}, w.texts())
	})
}

func TestDuplicateDelivery(t *testing.T) {
	t.Parallel()
	inBubble(t, with(mockserver.WithFault(mockserver.Fault{Event: agentmsg.EventMessage, Kind: mockserver.Duplicate, Copies: 3})), nil,
		func(t *testing.T, w *world) {
			answer, err := w.ask(t, "hi")
			require.NoError(t, err)
			require.Len(t, answer.Replies, 1)
			require.NoError(t, w.Redeliver(w.Deliveries()[0].ID))
			require.NoError(t, w.Idle(t.Context()))
			require.Empty(t, w.texts())
		})
}

// Without a deduper in front, Take knows what it took.
func TestDuplicateTake(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(t *testing.T, w *world) {
		answer, err := w.ask(t, "hi")
		require.NoError(t, err)
		event, err := agentmsg.ParseEvent(answer.Replies[0].Raw)
		require.NoError(t, err)
		taken, err := w.maia.Take(t.Context(), event)
		require.NoError(t, err)
		require.True(t, taken)
	})
}

func TestReplyAfterTheTimeout(t *testing.T) {
	t.Parallel()
	inBubble(t, with(mockserver.WithAIDelay(70*time.Second)), nil, func(t *testing.T, w *world) {
		began := time.Now()
		_, err := w.ask(t, "hi")
		failed := failure(t, err, agent.ErrNoReply, agentmsg.OutcomeAccepted)
		require.Equal(t, 60*time.Second, time.Since(began))
		require.NotEmpty(t, failed.QuestionID)
		require.Empty(t, failed.Replies)
		require.NoError(t, w.Idle(t.Context()))
		require.Equal(t, []string{"You said: hi"}, w.texts())
	})
}

func TestMaybeEarlier(t *testing.T) {
	t.Parallel()
	inBubble(t, with(silent()), []agent.Option{agent.WithAnswerTimeout(10 * time.Second)}, func(t *testing.T, w *world) {
		answered := func(text string) *agent.Answer {
			n := len(w.posts())
			a := w.start(t, agent.Question{SessionID: session, Text: text})
			require.NoError(t, w.WaitRequests(t.Context(), agentmsg.OpSend, n+1))
			w.AISays(session, "reply to "+text)
			answer, err := a.wait(t)
			require.NoError(t, err)
			return answer
		}
		require.False(t, answered("zero").MaybeEarlier)
		_, err := w.ask(t, "one")
		_ = failure(t, err, agent.ErrNoReply, agentmsg.OutcomeAccepted)
		require.True(t, answered("two").MaybeEarlier)
		require.True(t, answered("three").MaybeEarlier, "answers may be one behind from now on")
		w.AISays(session, "reply to one")
		require.NoError(t, w.Idle(t.Context()))
		require.Equal(t, []string{"reply to one"}, w.texts())
		require.False(t, answered("four").MaybeEarlier, "the reply that was owed has come")
		_, err = w.ask(t, "five")
		_ = failure(t, err, agent.ErrNoReply, agentmsg.OutcomeAccepted)
		time.Sleep(time.Hour)
		require.False(t, answered("six").MaybeEarlier)
	})
}
