package agent_test

import (
	"context"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestSessionIDMadeByAsk(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(t *testing.T, w *world) {
		seen := map[agentmsg.SessionID]bool{}
		for range 3 {
			answer, err := w.maia.Ask(t.Context(), agent.Question{Text: "hi"})
			require.NoError(t, err)
			require.Regexp(t, uuid4, answer.SessionID)
			require.False(t, seen[answer.SessionID])
			seen[answer.SessionID] = true
			_, ok := w.Session(answer.SessionID)
			require.True(t, ok)
		}
	})
	inBubble(t, with(silent()), nil, func(t *testing.T, w *world) {
		_, err := w.maia.Ask(t.Context(), agent.Question{Text: "hi"})
		require.Regexp(t, uuid4, failure(t, err, agent.ErrNoReply, agentmsg.OutcomeAccepted).SessionID)
	})
}

func TestAskInsideTheHandler(t *testing.T) {
	t.Parallel()
	for name, queue := range map[string][]agentmsg.WebhookOption{
		"in the request": nil,
		"in the queue":   {agentmsg.WithWebhookQueue(2, 10)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { askInsideTheHandler(t, queue) })
		})
	}
}

func askInsideTheHandler(t *testing.T, queue []agentmsg.WebhookOption) {
	w := newWorld(t, nil, nil)
	var same, streamed, other error
	ran := make(chan struct{})
	function := func(ctx context.Context, e agentmsg.Event) error {
		if e.Session() != session {
			return nil
		}
		_, same = w.maia.Ask(ctx, agent.Question{SessionID: session, Text: "again"})
		for _, streamed = range w.maia.Replies(ctx, agent.Question{SessionID: session, Text: "again"}) {
		}
		_, other = w.maia.Ask(ctx, agent.Question{SessionID: "other", Text: "hi"})
		close(ran)
		return nil
	}
	h := newHandler(t, function, append(queue, agentmsg.WithWebhookTap(w.maia.Take))...)
	w.SetWebhookHandler(h, "")
	began := time.Now()
	w.HumanSays(session, "hello")
	<-ran
	failed := failure(t, same, agent.ErrAskInHandler, agentmsg.OutcomeNotSent)
	require.Equal(t, session, failed.SessionID)
	_ = failure(t, streamed, agent.ErrAskInHandler, agentmsg.OutcomeNotSent)
	require.NoError(t, other)
	require.Equal(t, quiet, time.Since(began))
	require.Len(t, w.posts(), 1)
}

// The same session of another tenant is another session.
func TestAskInsideTheHandlerOfAnotherTenant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, []agent.Option{agent.WithTenant("ours")})
		ours, err := agentmsg.NewWebhookHandler(w.keep, agentmsg.WithWebhookTenants(tenantIs("ours")), agentmsg.WithWebhookTap(w.maia.Take))
		require.NoError(t, err)
		w.SetWebhookHandler(ours, "")
		var asked error
		theirs, err := agentmsg.NewWebhookHandler(func(ctx context.Context, e agentmsg.Event) error {
			_, asked = w.maia.Ask(ctx, agent.Question{SessionID: e.Session(), Text: "hi"})
			return nil
		}, agentmsg.WithWebhookTenants(tenantIs("theirs")))
		require.NoError(t, err)
		their := mockserver.Start(t, mockserver.WithWebhookHandler(theirs, ""))
		their.HumanSays(session, "hello")
		require.NoError(t, their.Idle(t.Context()))
		require.NoError(t, asked)
	})
}
