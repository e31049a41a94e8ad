package mockserver_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func ask(text string) agentmsg.ContactMessageParams {
	return agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText(text), ContactIdentifier: "ana@example.com", ContactName: "Ana"}
}

func TestContactsOnTheWire(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	answer := post(t, s, contacts, `{"type":"TEXT","contactIdentifier":"c","content":{"text":{"body":"hi & <you>"}}}`, http.StatusOK)
	require.Equal(t, `{"success":true,"contactId":"00000000-0000-4000-8000-000000000001","conversationId":"00000000-0000-4000-8000-000000000002",`+
		`"messageId":"00000000-0000-4000-8000-000000000003","conversation":{"status":"ACTIVE","assignedToHuman":false,"aiAgentId":"agent-default",`+
		`"aiAgentName":"Mock","teamId":"team-default","teamName":"Mock"},"usage":{"credits":1},"aiMessages":[{"content":{"text":{"body":"You said: hi & <you>"},"type":"text"},`+
		`"type":"TEXT","sender_type":"AI","sender_name":"Mock","channel_message_id":null}]}`, answer)
}

func TestContactsKeepOneConversation(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	client := s.Client()
	var last *agentmsg.ContactReply
	for _, text := range []string{"one", "two"} {
		reply, err := client.Contacts.Send(t.Context(), mockserver.DefaultBluBashChannelID, ask(text))
		require.NoError(t, err)
		require.Equal(t, "You said: "+text, reply.Text())
		if last != nil {
			require.Equal(t, last.ConversationID, reply.ConversationID)
			require.Equal(t, last.ContactID, reply.ContactID)
		}
		last = reply
	}
	x, ok := s.Session(agentmsg.SessionID(last.ConversationID))
	require.True(t, ok)
	require.Equal(t, "customer: one\nai: You said: one\ncustomer: two\nai: You said: two\n", x.String())
	require.Equal(t, "ana@example.com", x.ExternalUserID)
	require.Equal(t, "Ana", x.Name)
	require.Equal(t, agentmsg.BluBash, x.API)
}

func TestContactsMedia(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(nil))
	for _, content := range []agentmsg.ContactContent{
		agentmsg.ContactImage("https://x.test/i.png", "a caption"), agentmsg.ContactAudio("https://x.test/a.mp3"),
		agentmsg.ContactVideo("https://x.test/v.mp4", ""), agentmsg.ContactDocument("https://x.test/d.pdf", "d.pdf", "a page"),
	} {
		reply, err := s.Client().Contacts.Send(t.Context(), mockserver.DefaultBluBashChannelID, agentmsg.ContactMessageParams{ContactContent: content, ContactIdentifier: "c"})
		require.NoError(t, err)
		require.Empty(t, reply.AIMessages)
	}
	require.Contains(t, string(s.Requests()[0].Response), `"aiMessages":[]`)
	require.Equal(t, "customer: a caption\ncustomer: https://x.test/a.mp3\ncustomer: https://x.test/v.mp4\ncustomer: a page\n", s.Sessions()[0].String())
}

// One key: the same body gets the stored answer, another is refused, and both
// only in one channel.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithBluBashChannel("b1"), mockserver.WithBluBashChannel("b2"))
	const one = `{"type":"TEXT","contactIdentifier":"c","content":{"text":{"body":"one"}}}`
	under := func(channel, body string) (int, string) {
		return exchange(s, http.MethodPost, "/api/v1/channels/"+channel+"/messages", body, "X-Idempotency-Key", "k")
	}
	status, first := under("b1", one)
	require.Equal(t, http.StatusOK, status)
	_, second := under("b1", one)
	require.Equal(t, first, second)
	status, _ = under("b1", strings.Replace(one, "one", "two", 1))
	require.Equal(t, http.StatusUnprocessableEntity, status)
	status, _ = under("b1", one+" ")
	require.Equal(t, http.StatusUnprocessableEntity, status, "byte by byte")
	_, other := under("b2", one)
	require.NotEqual(t, first, other)
	require.Len(t, s.Sessions(), 2)
	require.Len(t, s.Sessions()[0].Messages, 2)
}

func TestIdempotencyKeyOfARefusalIsFree(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	status, _ := exchange(s, http.MethodPost, contacts, `{"type":"TEXT"}`, "X-Idempotency-Key", "k")
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = exchange(s, http.MethodPost, contacts, `{"type":"TEXT","contactIdentifier":"c","content":{"text":{"body":"one"}}}`, "X-Idempotency-Key", "k")
	require.Equal(t, http.StatusOK, status)
}

// While the first runs the second waits; a day later the key is forgotten.
func TestIdempotencyKeyInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithAIDelay(time.Minute))
		client := s.Client()
		began := time.Now()
		replies := make(chan agentmsg.MessageID, 2)
		for range 2 {
			go func() {
				reply, err := client.Contacts.Send(t.Context(), mockserver.DefaultBluBashChannelID, ask("hi"), agentmsg.WithIdempotencyKey("k"))
				if err == nil {
					replies <- reply.MessageID
				}
			}()
		}
		first := <-replies
		require.Equal(t, first, <-replies)
		require.Equal(t, time.Minute, time.Since(began))

		time.Sleep(24*time.Hour - time.Nanosecond)
		reply, err := client.Contacts.Send(t.Context(), mockserver.DefaultBluBashChannelID, ask("hi"), agentmsg.WithIdempotencyKey("k"))
		require.NoError(t, err)
		require.Equal(t, first, reply.MessageID)
		time.Sleep(time.Nanosecond)
		reply, err = client.Contacts.Send(t.Context(), mockserver.DefaultBluBashChannelID, ask("hi"), agentmsg.WithIdempotencyKey("k"))
		require.NoError(t, err)
		require.NotEqual(t, first, reply.MessageID)
	})
}
