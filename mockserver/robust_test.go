package mockserver_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// A handler that heeds its context ends with the time-out and with Close, also
// where it has not read the body.
func TestBlockedReceiverHearsOfTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithWebhookHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}), ""))
		s.AISays("s", "hi")
		require.NoError(t, s.WaitDeliveries(t.Context(), 2))
		synctest.Wait()
		began := time.Now()
		s.Close()
		require.Less(t, time.Since(began), time.Second)
	})
}

// The body of a 101 is a connection: nobody waits for its end.
func TestReceiverThatSwitchesProtocols(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := mockserver.Start(t, mockserver.WithWebhookHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = c.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"))
		<-release
	}), ""))
	s.AISays("s", "hi")
	require.NoError(t, s.WaitDeliveries(t.Context(), 1))
	close(release)
	require.Equal(t, http.StatusSwitchingProtocols, s.Deliveries()[0].Status)
}

// A redirect is an answer like another: it is not followed.
func TestReceiverThatRedirects(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithWebhookHandler(http.RedirectHandler("http://app.test/elsewhere", http.StatusTemporaryRedirect), ""))
	s.AISays("s", "hi")
	require.NoError(t, s.Idle(t.Context()))
	require.Len(t, s.Deliveries(), 1)
	require.Equal(t, http.StatusTemporaryRedirect, s.Deliveries()[0].Status)
}

// An AI that ends its goroutine, as a test's FailNow does, ends one turn.
func TestAIThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(func(_ context.Context, turn mockserver.Turn) []string {
		if turn.Text == "one" {
			runtime.Goexit()
		}
		return []string{"heard"}
	}))
	s.CustomerSays("s", "one")
	s.CustomerSays("s", "two")
	require.NoError(t, s.Idle(t.Context()))
	x, _ := s.Session("s")
	require.Equal(t, "customer: one\ncustomer: two\nai: heard\n", x.String())
}

// A call that the AI broke off is in the journal, and its key is free again.
func TestAIThatPanicsInACall(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(func(_ context.Context, turn mockserver.Turn) []string {
		if len(turn.Session.Messages) == 1 {
			panic(http.ErrAbortHandler) // the quiet one
		}
		return []string{"heard"}
	}))
	reply, err := s.Client().Contacts.Send(t.Context(), mockserver.DefaultBluBashChannelID, ask("hi"))
	require.NoError(t, err, "repeated under the same key")
	require.Equal(t, "heard", reply.Text())
	all := s.Requests(agentmsg.OpSendContactMessage)
	require.Len(t, all, 2)
	require.Equal(t, []int{0, 200}, []int{all[0].Status, all[1].Status})
}

// An id that was given is not made a second time.
func TestMadeIdsAreNew(t *testing.T) {
	t.Parallel()
	const first = "00000000-0000-4000-8000-000000000001"
	s := mockserver.Start(t, mockserver.WithAI(nil),
		mockserver.WithSession(mockserver.Session{ID: first, Messages: []mockserver.StoredMessage{{Message: agentmsg.Message{ID: "00000000-0000-4000-8000-000000000002"}}}}),
		mockserver.WithSession(mockserver.Session{API: agentmsg.Conversations, ID: "con_000003"}))
	require.NoError(t, send(t.Context(), s.Client(), "", "hi"))
	require.NoError(t, send(t.Context(), s.Client(), "00000000-0000-4000-8000-000000000008", "hi"))
	post(t, s, conversation, `{"sender_id":"u","sender_type":"user","text":"hi"}`, http.StatusOK)
	seen := map[string]bool{}
	for _, x := range s.Sessions() {
		require.False(t, seen[string(x.ID)], x.ID)
		seen[string(x.ID)] = true
		for _, m := range x.Messages {
			require.False(t, seen[string(m.ID)], m.ID)
			seen[string(m.ID)] = true
		}
	}
	require.Len(t, s.Sessions(), 5)
}

// Only MAIA has webhooks, whatever the channels of the others are called.
func TestOthersHaveNoWebhooks(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""), mockserver.WithBluBashChannel(mockserver.DefaultChannelID))
	_, err := s.Client().Contacts.Send(t.Context(), mockserver.DefaultChannelID, ask("hi"))
	require.NoError(t, err)
	require.NoError(t, s.Idle(t.Context()))
	require.Empty(t, box.seen())
}

func TestSilentSessionsOfTheOthers(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t,
		mockserver.WithSession(mockserver.Session{API: agentmsg.BluBash, ExternalUserID: "ana@example.com", AIPaused: true}),
		mockserver.WithSession(mockserver.Session{API: agentmsg.Conversations, ID: "x", AIPaused: true}),
		mockserver.WithSession(mockserver.Session{ID: "x"})) // the same id, another API
	reply, err := s.Client().Contacts.Send(t.Context(), mockserver.DefaultBluBashChannelID, ask("hi"))
	require.NoError(t, err)
	require.Empty(t, reply.AIMessages)
	require.Equal(t, mockserver.DefaultAgentID, reply.Conversation.AIAgentID)
	answer := post(t, s, conversation, `{"conversation_id":"x","sender_id":"u","sender_type":"user","text":"hi"}`, http.StatusOK)
	require.Contains(t, answer, `"auto_reply_enqueued":false`)
}

// A session's own channel says which agents may take it.
func TestAgentsOfTheSessionsChannel(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(nil),
		mockserver.WithChannel(mockserver.Channel{ID: "a", Identifier: "a"}),
		mockserver.WithChannel(mockserver.Channel{ID: "b", Identifier: "support", AllowedAgentIDs: []agentmsg.AgentID{"a2"}}),
		mockserver.WithSession(mockserver.Session{ID: "s1", ChannelID: "a"}))
	post(t, s, "/messages", message(`"agentId":"a2"`), http.StatusBadRequest)
}

// One id of the provider's names one message.
func TestLinkAgain(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	a, b := string(s.HumanSays("s1", "a")), string(s.HumanSays("s1", "b"))
	for _, link := range [][2]string{{a, "p1"}, {b, "p1"}, {b, "p2"}} {
		post(t, s, "/sessions/s1/messages/"+link[0]+"/link", `{"providerMsgId":"`+link[1]+`","setStatusToSent":false}`, http.StatusOK)
	}
	x, _ := s.Session("s1")
	require.Equal(t, []string{"", "p2"}, []string{x.Messages[0].ProviderMsgID, x.Messages[1].ProviderMsgID})
	post(t, s, "/sessions/s1/messages/status", `{"providerMsgId":"p1","status":"read"}`, http.StatusNotFound)
	for _, status := range []string{"failed", "delivered", "failed"} {
		post(t, s, "/sessions/s1/messages/status", `{"providerMsgId":"p2","status":"`+status+`"}`, http.StatusOK)
	}
	x, _ = s.Session("s1")
	require.Equal(t, agentmsg.StatusDelivered, x.Messages[1].Status)
	x.Messages[1].Updates[0] = "changed"
	y, _ := s.Session("s1")
	require.Equal(t, agentmsg.StatusFailed, y.Messages[1].Updates[0])
}

// An agent's board that the session is on already is no new record.
func TestTransferOnItsBoard(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithChannel(mockserver.Channel{
		ID: "c", Identifier: "support", AllowedAgentIDs: []agentmsg.AgentID{"a2"}, AgentKanbans: map[agentmsg.AgentID]agentmsg.KanbanID{"a2": "k", mockserver.DefaultAgentID: "k"},
	}))
	post(t, s, "/messages", message(), http.StatusAccepted)
	post(t, s, "/messages", message(`"agentId":"a2"`), http.StatusAccepted)
	x, _ := s.Session("s1")
	require.EqualValues(t, "a2", x.AgentID)
	require.Len(t, x.Records, 1)
}

func TestTokenThatComesBack(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	first := s.Client()
	s.SetCredentials(mockserver.Credentials{MAIAToken: "second"})
	s.SetCredentials(mockserver.Credentials{MAIAToken: mockserver.DefaultMAIAToken})
	require.NoError(t, send(t.Context(), first, "s", "hi"))
}

func TestWaitKeepsTheCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("the shop is closed")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	err := mockserver.Start(t).WaitDeliveries(ctx, 1)
	require.ErrorIs(t, err, cause)
	require.ErrorIs(t, err, context.Canceled)
}

func TestBodyThatIsNoUTF8(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	require.Contains(t, post(t, s, "/messages", message("\"externalUserId\":\"\xff\""), http.StatusBadRequest), "not UTF-8")
	status, _ := exchange(s, http.MethodPost, "/messages?q=1", message())
	require.Equal(t, http.StatusAccepted, status)
	s.Requests()[1].Query["q"][0] = "changed"
	require.Equal(t, "1", s.Requests()[1].Query.Get("q"))
}

// A receiver that comes after the end begins nothing.
func TestReceiverAfterClose(t *testing.T) {
	t.Parallel()
	s, err := mockserver.New()
	require.NoError(t, err)
	s.Close()
	before := runtime.NumGoroutine()
	for range 100 {
		s.SetWebhookHandler(new(inbox), "")
	}
	require.Less(t, runtime.NumGoroutine()-before, 100)
}
