package mockserver_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func TestConversationsOnTheWire(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	answer := post(t, s, conversation, `{"sender_id":"u1","sender_type":"user","text":"hi","metadata":{"n":12345678901234567890.10},"auto_reply":false}`, http.StatusOK)
	require.Equal(t, `{"status":"success","message":"Message sent successfully.","data":{"conversation_id":"con_000001","message":{"id":"msg_000002",`+
		`"sender_id":"u1","sender_type":"user","text":"hi","metadata":{"n":12345678901234567890.10},"created_at":"NOW"},"auto_reply_enqueued":false}}`, timeless(answer))
	answer = post(t, s, conversation, `{"conversation_id":"con_000001","sender_id":"a","sender_type":"agent","text":"hello"}`, http.StatusOK)
	require.Contains(t, answer, `"auto_reply_enqueued":true`)
	post(t, s, conversation, `{"conversation_id":"con_000001","sender_id":"s","sender_type":"system","text":"closed","auto_reply":false}`, http.StatusOK)
	require.NoError(t, s.Idle(t.Context()))
	x, _ := s.Session("con_000001")
	require.ElementsMatch(t, []string{"customer: hi", "human: hello", "system: closed", "ai: You said: hello"}, strings.Split(strings.TrimSpace(x.String()), "\n"))
	require.Equal(t, "u1", x.ExternalUserID)
}

// One and the same id may be a session of each API.
func TestAPIsDoNotShareSessions(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithSession(mockserver.Session{API: agentmsg.Conversations, ID: "x"}))
	require.NoError(t, send(t.Context(), s.Client(), "x", "hi"))
	require.Len(t, s.Sessions(), 2)
	found, _ := s.Session("x")
	require.Equal(t, agentmsg.MAIA, found.API)
}
