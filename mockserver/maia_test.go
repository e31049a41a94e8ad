package mockserver_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// timeless takes the times out of an answer: they are the clock's.
func timeless(answer string) string {
	return regexp.MustCompile(`\b\d{13}\b|\d{4}-\d\d-\d\dT[\d:.]+Z`).ReplaceAllString(answer, "NOW")
}

func TestSendOnTheWire(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(nil))
	answer := post(t, s, "/messages", message(`"externalUserId":"u1"`, `"sessionName":"Ana <3 & co"`), http.StatusAccepted)
	require.Equal(t, `{"sessionId":"s1","isNewSession":true,"userMessage":{"id":"00000000-0000-4000-8000-000000000001","role":"user","content":"hi","timestamp":NOW},"message":"Message received. AI response will be delivered via webhook."}`, timeless(answer))
	answer = post(t, s, "/messages", message(), http.StatusAccepted)
	require.Contains(t, answer, `"isNewSession":false`)
	x, _ := s.Session("s1")
	require.Equal(t, "u1", x.ExternalUserID)
	require.Equal(t, "Ana <3 & co", x.Name)
	require.EqualValues(t, mockserver.DefaultChannelID, x.ChannelID)
	require.EqualValues(t, mockserver.DefaultAgentID, x.AgentID)
	require.Equal(t, agentmsg.MAIA, x.API)
}

func TestEchoOnTheWire(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	answer := post(t, s, "/messages", message(`"externalUserId":"u1"`, `"isEcho":true`), http.StatusOK)
	require.Equal(t, `{"sessionId":"s1","isNewSession":true,"userMessage":{"id":"00000000-0000-4000-8000-000000000001","role":"user","content":"hi","timestamp":NOW},"message":"Message synced successfully."}`, timeless(answer))
	require.NoError(t, s.Idle(t.Context()))
	x, _ := s.Session("s1")
	require.Equal(t, "echo: hi\n", x.String(), "nobody answers an echo")
}

// A session that the server names is another one each time.
func TestSessionOfTheServer(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(nil))
	for range 2 {
		post(t, s, "/messages", `{"content":"hi","fromChannelIdentifier":"whatsapp_no","channelType":"whatsapp_no","sessionId":null}`, http.StatusAccepted)
	}
	all := s.Sessions()
	require.Len(t, all, 2)
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$`, all[0].ID)
	require.NotEqual(t, all[0].ID, all[1].ID)
	require.EqualValues(t, "channel-whatsapp_no", all[0].ChannelID)
}

func TestAgentMessageOnTheWire(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	answer := post(t, s, agentMessages, `{"content":"Hi!","externalUserId":"u1","sessionName":"Ana"}`, http.StatusOK)
	require.Equal(t, `{"id":"00000000-0000-4000-8000-000000000001","sessionId":"s1","agentId":"agent-default","role":"assistant","content":"Hi!","timestamp":NOW,"isHumanReply":true,"isNewSession":true}`, timeless(answer))
	require.Contains(t, post(t, s, agentMessages, `{"content":"Hi!"}`, http.StatusOK), `"isNewSession":false`)
	x, _ := s.Session("s1")
	require.Equal(t, "human: Hi!\nhuman: Hi!\n", x.String())
	require.Equal(t, "Ana", x.Name)

	post(t, s, strings.Replace(agentMessages, mockserver.DefaultChannelID, "channel-sms", 1), `{"content":"Hi!"}`, http.StatusNotFound)
	post(t, s, "/channels/channel-sms/sessions/new/agent-messages", `{"content":"Hi!"}`, http.StatusNotFound)
	post(t, s, "/channels/none/sessions/s1/agent-messages", `{"content":"Hi!"}`, http.StatusNotFound)
	require.Len(t, s.Sessions(), 1)
}

func TestPauseOnTheWire(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithSession(mockserver.Session{ID: "s1"}))
	for _, turn := range []struct{ body, answer string }{
		{`{"aiPaused":true}`, `{"sessionId":"s1","aiPaused":true,"message":"AI responses paused for this session"}`},
		{`{"aiPaused":false}`, `{"sessionId":"s1","aiPaused":false,"message":"AI responses resumed for this session"}`},
	} {
		status, answer := exchange(s, http.MethodPatch, "/sessions/s1/ai-paused", turn.body)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, turn.answer, answer)
	}
	for _, body := range []string{`{}`, `{"aiPaused":null}`, `{"aiPaused":"true"}`} {
		status, answer := exchange(s, http.MethodPatch, "/sessions/s1/ai-paused", body)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, answer, "aiPaused")
	}
	require.Len(t, s.Requests(agentmsg.OpResumeAI), 1)
}

func TestLinkStatusReactions(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	id := string(s.HumanSays("s1", "Hi!"))
	const base, ok = "/sessions/s1/messages", `{"success":true}`
	stored := func() mockserver.StoredMessage { x, _ := s.Session("s1"); return x.Messages[0] }

	post(t, s, base+"/status", `{"providerMsgId":"w1","status":"sent"}`, http.StatusNotFound)
	require.Equal(t, ok, post(t, s, base+"/"+id+"/link", `{"providerMsgId":"w1","setStatusToSent":true}`, http.StatusOK))
	require.Equal(t, agentmsg.StatusSent, stored().Status)
	for _, status := range []string{"failed", "read", "delivered", "sent"} {
		require.Equal(t, ok, post(t, s, base+"/status", `{"providerMsgId":"w1","status":"`+status+`"}`, http.StatusOK))
	}
	require.Equal(t, agentmsg.StatusRead, stored().Status, "a late status changes nothing")
	require.Equal(t, []agentmsg.MessageStatus{"sent", "failed", "read", "delivered", "sent"}, stored().Updates)

	for _, step := range []struct{ action, emoji, left string }{
		{"add", "👍", "👍"}, {"add", "👍", "👍"}, {"add", "❤", "👍 ❤"}, {"remove", "👍", "❤"}, {"remove", "👍", "❤"}, {"upsert", "🎉", "🎉"}, {"upsert", "", ""},
	} {
		require.Equal(t, ok, post(t, s, base+"/reactions", `{"providerMsgId":"w1","action":"`+step.action+`","emoji":"`+step.emoji+`"}`, http.StatusOK))
		require.Equal(t, step.left, strings.Join(stored().Reactions, " "), "%v", step)
	}
	require.Equal(t, "w1", stored().ProviderMsgID)
}

func TestSessionRoutesRefuse(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	id := string(s.HumanSays("s1", "Hi!"))
	post(t, s, "/sessions/s1/messages/"+id+"/link", `{"providerMsgId":"w1","setStatusToSent":false}`, http.StatusOK)
	for _, row := range []struct {
		path, body string
		status     int
		says       string
	}{
		{"/sessions/none/messages/" + id + "/link", `{"providerMsgId":"w1","setStatusToSent":true}`, 404, "Session not found"},
		{"/sessions/s1/messages/none/link", `{"providerMsgId":"w1","setStatusToSent":true}`, 404, "Message not found"},
		{"/sessions/s1/messages/" + id + "/link", `{"setStatusToSent":true}`, 400, "providerMsgId required"},
		{"/sessions/s1/messages/status", `{"providerMsgId":"w2","status":"read"}`, 404, "Message not found"},
		{"/sessions/s1/messages/status", `{"providerMsgId":"w1","status":"seen"}`, 400, "status must be one of"},
		{"/sessions/s1/messages/status", `{"status":"read"}`, 400, "providerMsgId required"},
		{"/sessions/s1/messages/reactions", `{"providerMsgId":"w1","action":"add"}`, 400, "emoji required"},
		{"/sessions/s1/messages/reactions", `{"providerMsgId":"w1","action":"remove","emoji":""}`, 400, "emoji required"},
		{"/sessions/s1/messages/reactions", `{"providerMsgId":"w1","action":"like","emoji":"👍"}`, 400, "action must be one of"},
		{"/sessions/none/messages/reactions", `{"providerMsgId":"w1","action":"add","emoji":"👍"}`, 404, "Session not found"},
	} {
		require.Contains(t, post(t, s, row.path, row.body, row.status), row.says, row.path)
	}
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithWebhookHandler(box, ""), mockserver.WithChannel(mockserver.Channel{
		ID: "c", Identifier: "support", DefaultAgentID: "a1", AllowedAgentIDs: []agentmsg.AgentID{"a2"},
		AgentKanbans: map[agentmsg.AgentID]agentmsg.KanbanID{"a2": "k2"},
	}))
	steps := []struct {
		ids    string
		status int
		agent  agentmsg.AgentID
		kanban agentmsg.KanbanID
		system int // system messages so far
	}{
		{``, 202, "a1", "", 0},
		{`"agentId":"a1"`, 202, "a1", "", 0},
		{`"agentId":"stranger"`, 400, "a1", "", 0},
		{`"agentId":"a2"`, 202, "a2", "k2", 1},
		{`"agentId":"a2","kanbanId":"k2"`, 202, "a2", "k2", 1},
		{`"kanbanId":"k3"`, 202, "a1", "k3", 2},
		{`"agentId":"a2","kanbanId":"k4"`, 202, "a2", "k4", 3},
	}
	for _, step := range steps {
		more := []string{}
		if step.ids != "" {
			more = append(more, step.ids)
		}
		post(t, s, "/messages", message(more...), step.status)
		x, _ := s.Session("s1")
		require.Equal(t, step.agent, x.AgentID, step.ids)
		require.Equal(t, step.kanban, x.KanbanID, step.ids)
		require.Equal(t, step.system, strings.Count(x.String(), "system: "), step.ids)
		require.Equal(t, mockserver.FromCustomer, x.Messages[len(x.Messages)-1].Source, "the system's words come first")
	}
	require.NoError(t, s.Idle(t.Context()))
	x, _ := s.Session("s1")
	require.Len(t, x.Records, 3)
	require.Len(t, x.Messages, 9, "what was refused is not stored")
	require.Len(t, box.seen(), 3)
	created := box.seen()[0].(*agentmsg.RecordCreatedEvent)
	require.Equal(t, x.Records[0].ID, created.RecordID)
	require.EqualValues(t, "k2", created.KanbanID)
}

// On a new session the ids are the first assignment, not a transfer.
func TestFirstAssignment(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithChannel(mockserver.Channel{
		ID: "c", Identifier: "support", AllowedAgentIDs: []agentmsg.AgentID{"a2"}, StartWithAIPaused: true,
		AgentKanbans: map[agentmsg.AgentID]agentmsg.KanbanID{"a2": "k2"},
	}))
	post(t, s, "/messages", message(`"agentId":"a2"`, `"sessionName":"Ana"`), http.StatusAccepted)
	x, _ := s.Session("s1")
	require.Equal(t, "customer: hi\n", x.String())
	require.EqualValues(t, "a2", x.AgentID)
	require.True(t, x.AIPaused)
	require.Equal(t, "Ana", x.Records[0].Title)
	require.EqualValues(t, "k2", x.Records[0].KanbanID)
}

// However a session begins, it gets its agent's board.
func TestBoardOfASession(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithChannel(mockserver.Channel{
		ID: mockserver.DefaultChannelID, Identifier: "support", DefaultAgentID: "a1", AgentKanbans: map[agentmsg.AgentID]agentmsg.KanbanID{"a1": "k1"},
	}))
	post(t, s, agentMessages, `{"content":"hi"}`, http.StatusOK)
	s.CustomerSays("s2", "hi")
	post(t, s, "/messages", `{"content":"hi","fromChannelIdentifier":"support","sessionId":"s3"}`, http.StatusAccepted)
	for _, x := range s.Sessions() {
		require.EqualValues(t, "k1", x.KanbanID, x.ID)
		require.Len(t, x.Records, 1, x.ID)
	}
	require.Len(t, s.Sessions(), 3)
}
