package agent_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func TestPostNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := agentmsg.NewClient(agentmsg.WithBluBash("key-of-blubash"))
		require.NoError(t, err)
		maia, err := agent.NewMAIA(client, channel)
		require.NoError(t, err)
		began := time.Now()
		_, err = maia.Ask(t.Context(), agent.Question{SessionID: session, Text: "hi"})
		failed := failure(t, err, agentmsg.ErrNotConfigured, agentmsg.OutcomeNotSent)
		require.Equal(t, session, failed.SessionID)
		require.Zero(t, time.Since(began))
	})
}

// What had come before the refusal was acknowledged, and is in the error.
func TestPostRejected(t *testing.T) {
	t.Parallel()
	refused := mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Refuse, Status: 400, Times: 1}
	inBubble(t, with(mockserver.WithFault(refused)), nil, func(t *testing.T, w *world) {
		a := w.start(t, agent.Question{SessionID: session, Text: "hi"})
		_, err := a.wait(t)
		failed := failure(t, err, agentmsg.ErrBadRequest, agentmsg.OutcomeRejected)
		require.Zero(t, a.took)
		require.Empty(t, failed.QuestionID)
		_, ok := errors.AsType[*agentmsg.APIError](err)
		require.True(t, ok)

		answer, err := w.ask(t, "again")
		require.NoError(t, err)
		require.False(t, answer.MaybeEarlier, "the first was never asked")
	})
}

func TestPostUnknownWithReply(t *testing.T) {
	t.Parallel()
	inBubble(t, with(mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.DropAfterAccept})), nil,
		func(t *testing.T, w *world) {
			answer, err := w.ask(t, "hi")
			require.NoError(t, err)
			require.Equal(t, "You said: hi", answer.Text())
			require.Empty(t, answer.QuestionID)
			require.Len(t, w.posts(), 1, "it was not asked again")
		})
}

func TestPostUnknownWithoutReply(t *testing.T) {
	t.Parallel()
	inBubble(t, with(mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.DropBefore, Times: 1})), nil,
		func(t *testing.T, w *world) {
			began := time.Now()
			_, err := w.ask(t, "hi")
			_ = failure(t, err, agent.ErrNoReply, agentmsg.OutcomeUnknown)
			require.Equal(t, time.Minute, time.Since(began))
			_, ok := errors.AsType[*agentmsg.TransportError](err)
			require.True(t, ok, "why it is unknown")
			answer, err := w.ask(t, "again")
			require.NoError(t, err)
			require.True(t, answer.MaybeEarlier)
		})
}

// A 2xx that cannot be read is waited for too.
func TestPostAcceptedUnreadable(t *testing.T) {
	t.Parallel()
	inBubble(t, with(mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Garble})), nil,
		func(t *testing.T, w *world) {
			answer, err := w.ask(t, "hi")
			require.NoError(t, err)
			require.Equal(t, "You said: hi", answer.Text())
		})
}

// Without the 202 the local clock tells what is older.
func TestPostUnknownAndEarlierReply(t *testing.T) {
	t.Parallel()
	drop := mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.DropAfterAccept}
	inBubble(t, with(mockserver.WithFault(drop), mockserver.WithAIDelay(5*time.Second)), nil, func(t *testing.T, w *world) {
		remove := w.Inject(mockserver.Fault{Event: agentmsg.EventMessage, Kind: mockserver.Hold, Times: 1})
		w.HumanSays(session, "before")
		time.Sleep(time.Second)
		a := w.start(t, agent.Question{SessionID: session, Text: "hi"})
		time.Sleep(time.Second)
		remove()
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "You said: hi", answer.Text())
		require.Equal(t, []string{"before"}, w.texts())
	})
}

func TestHandlerRegisteredAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := mockserver.Start(t)
		down := newHandler(t, func(context.Context, agentmsg.Event) error { return errors.New("not up yet") })
		server.SetWebhookHandler(down, "")
		w := &world{Server: server, client: server.Client()}
		var err error
		w.maia, err = agent.NewMAIA(w.client, channel)
		require.NoError(t, err)
		a := w.begin(t, "hi")
		server.SetWebhookHandler(newHandler(t, w.keep, agentmsg.WithWebhookTap(w.maia.Take)), "")
		require.NoError(t, server.Idle(t.Context()), "MAIA's retries go to the receiver of the first attempt")
		require.NoError(t, server.Redeliver(server.Deliveries()[0].ID))
		server.AISays(session, "later")
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.NotEmpty(t, answer.Text())
	})
}

func TestCancelBefore(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(t *testing.T, w *world) {
		a := w.begin(t, "one")
		waiting := w.start(t, agent.Question{SessionID: session, Text: "two"})
		synctest.Wait()
		waiting.cancel()
		_, err := waiting.wait(t)
		_ = failure(t, err, context.Canceled, agentmsg.OutcomeNotSent)
		_, err = a.wait(t)
		require.NoError(t, err)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = w.maia.Ask(ctx, agent.Question{SessionID: session, Text: "three"})
		_ = failure(t, err, context.Canceled, agentmsg.OutcomeNotSent)
		require.Len(t, w.posts(), 1)
	})
}

func TestCancelDuring(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a\nb"), split(2*time.Second), mockserver.WithAIDelay(time.Second)), nil, func(t *testing.T, w *world) {
		a := w.begin(t, "hi")
		time.Sleep(2 * time.Second)
		a.cancel()
		_, err := a.wait(t)
		failed := failure(t, err, context.Canceled, agentmsg.OutcomeAccepted)
		require.Equal(t, []string{"a"}, texts(failed.Replies), "acknowledged, so not lost")
		require.NoError(t, w.Idle(t.Context()))
		require.Equal(t, []string{"b"}, w.texts())
	})
}

// Before the 202 only the call knows whether the question arrived.
func TestCancelDuringThePost(t *testing.T) {
	t.Parallel()
	inBubble(t, with(slow202(10*time.Second)), nil, func(t *testing.T, w *world) {
		a := w.start(t, agent.Question{SessionID: session, Text: "hi"})
		time.Sleep(time.Second)
		a.cancel()
		_, err := a.wait(t)
		failed := failure(t, err, context.Canceled, agentmsg.OutcomeUnknown)
		require.Equal(t, []string{"You said: hi"}, texts(failed.Replies))
		require.Equal(t, time.Second, a.took)
	})
}

// Whoever is first, the reply is in the error or with the function.
func TestCancelAtTheMomentOfTheReply(t *testing.T) {
	t.Parallel()
	inBubble(t, with(mockserver.WithAIDelay(time.Second)), nil, func(t *testing.T, w *world) {
		for i := range 200 {
			before := len(w.texts())
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := w.maia.Ask(ctx, agent.Question{Text: "hi"})
			cancel()
			require.NoError(t, w.Idle(t.Context()))
			synctest.Wait()
			failed := failure(t, err, context.DeadlineExceeded, agentmsg.OutcomeAccepted)
			require.Equal(t, 1, len(failed.Replies)+len(w.texts())-before, "round %d", i)
		}
	})
}
