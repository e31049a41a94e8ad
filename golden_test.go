package agentmsg_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// The vendors' examples use these values throughout.
var (
	vectorChannel = agentmsg.Channel{Identifier: "YOUR_CHANNEL_IDENTIFIER"} // they leave the type out
	vectorTime    = agentmsg.Time{Time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
)

const (
	vectorSession = "YOUR_SESSION_ID"
	vectorUser    = "customer-123"
	vectorUUID    = "550e8400-e29b-41d4-a716-446655440000"
	vectorMessage = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
)

func vectorFile(name, contentType string, size int64) []agentmsg.Attachment {
	return []agentmsg.Attachment{{FileKey: "attachments/acc123/2024/12/uuid-" + name, FileName: name, ContentType: contentType, Size: size}}
}

// The least that each operation takes.
var (
	validSend         = agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: "hi"}
	validEcho         = agentmsg.EchoParams{Channel: agentmsg.APIChannel("support"), Content: "hi", ExternalUserID: "u"}
	validAgentMessage = agentmsg.AgentMessageParams{Content: "hi"}
	validLink         = agentmsg.LinkMessageParams{ProviderMsgID: "p"}
	validStatus       = agentmsg.UpdateStatusParams{ProviderMsgID: "p", Status: agentmsg.StatusSent}
	validReaction     = agentmsg.ReactParams{ProviderMsgID: "p", Action: agentmsg.ReactionUpsert}
	validContact      = agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText("hi"), ContactIdentifier: "c"}
	validConversation = agentmsg.ConversationMessageParams{SenderID: "i", SenderType: agentmsg.SenderUser, Text: "hi"}
)

func callContact(channel agentmsg.BluBashChannelID, p agentmsg.ContactMessageParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Contacts.Send(ctx, channel, p, opts...)
	}
}

func callConversation(p agentmsg.ConversationMessageParams) wireCall {
	return func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) (any, error) {
		return c.Conversations.Send(ctx, p, opts...)
	}
}

func vectorContact(content agentmsg.ContactContent) wireCall {
	return callContact("channel", agentmsg.ContactMessageParams{ContactContent: content, ContactIdentifier: "user@example.com"})
}

// goldenRequests are the vendors' examples of bodies, each beside the call
// that sends it.
var goldenRequests = []struct {
	file string
	call wireCall
}{
	{"maia/messages_send_request.json", callSend(agentmsg.SendMessageParams{
		Channel: vectorChannel, Content: "Hello, I need help!", ExternalUserID: vectorUser, SessionID: vectorSession, SessionName: "Customer Support Chat",
	})},
	{"maia/messages_send_attachment_request.json", callSend(agentmsg.SendMessageParams{
		Channel: vectorChannel, Content: "Here is the document you requested", ExternalUserID: vectorUser, SessionID: vectorSession,
		Attachments: vectorFile("photo.jpg", "image/jpeg", 1024000),
	})},
	{"maia/messages_send_voice_request.json", callSend(agentmsg.SendMessageParams{
		Channel: vectorChannel, ExternalUserID: vectorUser, SessionID: vectorSession,
		Attachments: []agentmsg.Attachment{{FileKey: "attachments/acc123/2024/12/uuid-voice.ogg", FileName: "voice-message.ogg", ContentType: "audio/ogg", Size: 256000}},
	})},
	{"maia/messages_transfer_request.json", callSend(agentmsg.SendMessageParams{
		Channel: vectorChannel, Content: "Route this to the sales team", ExternalUserID: vectorUser, SessionID: "EXISTING_SESSION_ID",
		AgentID: "TARGET_AGENT_ID", KanbanID: "TARGET_KANBAN_ID",
	})},
	{"maia/messages_echo_request.json", callEcho(agentmsg.EchoParams{
		Channel: vectorChannel, Content: "Customer message from WhatsApp", ExternalUserID: vectorUser, SessionID: vectorSession,
	})},
	{"maia/agent_message_request.json", callSendAgentMessage("c", "s", agentmsg.AgentMessageParams{Content: "Hi! A team member will follow up shortly."})},
	{"maia/agent_message_attachment_request.json", callSendAgentMessage("c", "s", agentmsg.AgentMessageParams{
		Content: "Here is the invoice you requested", Attachments: vectorFile("invoice.pdf", "application/pdf", 204800),
	})},
	{"maia/ai_paused_request.json", callPauseAI("s")},
	{"maia/link_request.json", callLink("s", "m", agentmsg.LinkMessageParams{ProviderMsgID: "whatsapp_msg_123", SetStatusToSent: true})},
	{"maia/status_request.json", callUpdateStatus("s", agentmsg.UpdateStatusParams{ProviderMsgID: "whatsapp_msg_123", Status: agentmsg.StatusDelivered})},
	{"maia/reaction_request.json", callReact("s", agentmsg.ReactParams{ProviderMsgID: "whatsapp_msg_123", Action: agentmsg.ReactionUpsert, Emoji: "👍"})},
	{"blubash/contact_text_request.json", callContact("channel", agentmsg.ContactMessageParams{
		ContactContent: agentmsg.ContactText("Hello, how can I help you?"), ContactIdentifier: "user@example.com", ContactName: "User Name",
	})},
	{"blubash/contact_image_request.json", vectorContact(agentmsg.ContactImage("https://example.com/image.jpg", "Image caption"))},
	{"blubash/contact_audio_request.json", vectorContact(agentmsg.ContactAudio("https://example.com/audio.mp3"))},
	{"blubash/contact_video_request.json", vectorContact(agentmsg.ContactVideo("https://example.com/video.mp4", "Video caption"))},
	{"blubash/contact_document_request.json", vectorContact(agentmsg.ContactDocument("https://example.com/document.pdf", "document.pdf", "Document description"))},
	{"conversations/send_minimal_request.json", callConversation(agentmsg.ConversationMessageParams{
		SenderID: "usr_82hd92", SenderType: agentmsg.SenderUser, Text: "Hello from curl!",
	})},
	{"conversations/send_request.json", callConversation(agentmsg.ConversationMessageParams{
		ConversationID: "con_9s2kd81", SenderID: "usr_82hd92", SenderType: agentmsg.SenderUser, Text: "Can you summarize my last 5 calls?",
		Metadata: map[string]any{"channel": "web", "locale": "en-US"}, AutoReply: new(true),
	})},
}

// goldenResponses are the vendors' examples of answers, each beside the value
// that the method makes of it. The value is written out, for a member under
// the wrong name would survive being read and written again.
var goldenResponses = []struct {
	file   string
	status int
	call   wireCall
	want   any
}{
	{"maia/messages_send_response_202.json", 202, callSend(validSend), &agentmsg.MessageReceipt{
		SessionID: vectorUUID, IsNewSession: true,
		UserMessage: agentmsg.Message{ID: vectorMessage, Role: agentmsg.RoleUser, Content: "Hello, I need help!", Timestamp: vectorTime},
		Message:     "Message received. AI response will be delivered via webhook.",
	}},
	{"maia/messages_echo_response_200.json", 200, callEcho(validEcho), &agentmsg.MessageReceipt{
		SessionID:   vectorUUID,
		UserMessage: agentmsg.Message{ID: vectorMessage, Role: agentmsg.RoleUser, Content: "Customer message from WhatsApp", Timestamp: vectorTime},
		Message:     "Message synced successfully.",
	}},
	{"maia/agent_message_response_200.json", 200, callSendAgentMessage("c", "s", validAgentMessage), &agentmsg.AgentMessage{
		ID: vectorMessage, SessionID: vectorUUID, AgentID: "agent-uuid", Role: agentmsg.RoleAssistant,
		Content: "Hi! A team member will follow up shortly.", Timestamp: vectorTime, IsHumanReply: true,
	}},
	{"maia/ai_paused_response.json", 200, callPauseAI("s"), &agentmsg.AIPause{SessionID: vectorUUID, AIPaused: true, Message: "AI responses paused for this session"}},
	{"blubash/contact_response_200.json", 200, callContact("channel", validContact), &agentmsg.ContactReply{
		Success: true, ContactID: "cmg5gdkb60000sb75h4yu6mam", ConversationID: "cmg6etn5u000dsbx2htkjot8r", MessageID: "cmg6zqegm0001sbw9ip35juiq",
		Conversation: agentmsg.ContactConversation{
			Status: "ACTIVE", AIAgentID: "cmdi03x0z0003sbz6ubwtdrml", AIAgentName: "Aurora",
			TeamID: "0fb043a2-75f7-42d7-b542-1ffcc1f75ccf", TeamName: "Suporte Técnico",
		},
		AIMessages: []agentmsg.AIMessage{
			aurora("Olá! Como posso ajudar você hoje?"),
			aurora("Estou aqui para responder suas dúvidas e ajudar com o que precisar."),
		},
		Usage: agentmsg.Usage{Credits: "1"},
	}},
	{"conversations/send_response.json", 200, callConversation(validConversation), &agentmsg.ConversationReceipt{
		ConversationID: "con_9s2kd81", AutoReplyEnqueued: true,
		Message: agentmsg.ConversationMessage{
			ID: "msg_45kd01", SenderID: "usr_82hd92", SenderType: agentmsg.SenderUser, Text: "Can you summarize my last 5 calls?",
			Metadata: map[string]any{"channel": "web", "locale": "en-US"}, CreatedAt: time.Date(2026, 3, 15, 14, 22, 11, 0, time.UTC),
		},
	}},
}

func aurora(text string) agentmsg.AIMessage {
	return agentmsg.AIMessage{
		Content: agentmsg.AIContent{Text: agentmsg.TextBody{Body: text}, Type: "text"},
		Type:    "TEXT", SenderType: "AI", SenderName: "Aurora",
	}
}

// goldenErrors are the vendors' examples of failures.
var goldenErrors = []struct {
	file            string
	status          int
	call            wireCall
	api             agentmsg.API
	code            agentmsg.Code
	reason, message string
}{
	{"maia/error_400.json", 400, callSend(validSend), agentmsg.MAIA, agentmsg.ErrBadRequest, "Bad Request", "content or attachments required"},
	{"maia/error_401_auth.json", 401, callSend(validSend), agentmsg.MAIA, agentmsg.ErrUnauthorized, "Unauthorized", "Invalid or missing API token"},
	{
		"blubash/error_403.json", 403, callContact("channel", validContact), agentmsg.BluBash, agentmsg.ErrForbidden, "Forbidden",
		"Campaigns feature is not available in your current plan. Please upgrade to access this feature.",
	},
	{"conversations/error_400.json", 400, callConversation(validConversation), agentmsg.Conversations, agentmsg.ErrBadRequest, "", "Field 'text' is required."},
	{"conversations/error_401.json", 401, callConversation(validConversation), agentmsg.Conversations, agentmsg.ErrUnauthorized, "", "Invalid or expired token."},
	{"conversations/error_404.json", 404, callConversation(validConversation), agentmsg.Conversations, agentmsg.ErrNotFound, "", "Conversation not found: con_9s2kd81."},
	{"conversations/error_500.json", 500, callConversation(validConversation), agentmsg.Conversations, agentmsg.ErrServer, "", "Failed to enqueue message. Please retry."},
}

func wireVector(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "wire", filepath.FromSlash(file)))
	require.NoError(t, err)
	return string(body)
}

// TestGoldenKnowsEveryVector fails for a file that no row reads: such an
// example would look tested and not be.
func TestGoldenKnowsEveryVector(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, row := range goldenRequests {
		known[row.file] = true
	}
	for _, row := range goldenResponses {
		known[row.file] = true
	}
	for _, row := range goldenErrors {
		known[row.file] = true
	}
	require.Len(t, known, len(goldenRequests)+len(goldenResponses)+len(goldenErrors), "two rows read one file")

	root := os.DirFS(filepath.Join("testdata", "wire"))
	require.NoError(t, fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if !entry.IsDir() && !strings.HasPrefix(entry.Name(), "webhook_") { // those are read by the tests of events
			require.True(t, known[path], "no row reads %s", path)
		}
		return nil
	}))
}

func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	for _, row := range goldenRequests {
		t.Run(row.file, func(t *testing.T) {
			t.Parallel()
			client, recorder := wireClient(t, http.StatusOK, anyAnswer)
			_, err := row.call(t.Context(), client)
			require.NoError(t, err)
			require.JSONEq(t, wireVector(t, row.file), recorder.only(t).body)
		})
	}
}

func TestGoldenResponses(t *testing.T) {
	t.Parallel()
	for _, row := range goldenResponses {
		t.Run(row.file, func(t *testing.T) {
			t.Parallel()
			answer := wireVector(t, row.file)
			client, _ := wireClient(t, row.status, answer)
			got, err := row.call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, row.want, got)
			requireNothingLost(t, answer, got)
		})
	}
}

// requireNothingLost writes a result anew and finds every member of the answer
// in it.
func requireNothingLost(t *testing.T, answer string, result any) {
	t.Helper()
	var want, got any
	require.NoError(t, json.Unmarshal([]byte(answer), &want))
	require.NoError(t, json.Unmarshal([]byte(jsonOf(t, result)), &got))
	members, ok := want.(map[string]any)
	require.True(t, ok)
	switch result.(type) {
	case *agentmsg.ConversationReceipt:
		want = members["data"] // the envelope only says that it went well
	case *agentmsg.ContactReply:
		for _, part := range members["aiMessages"].([]any) {
			message := part.(map[string]any)
			require.Nil(t, message["channel_message_id"])
			message["channel_message_id"] = "" // null is read as no id
		}
	}
	require.Equal(t, want, got)
}

func TestGoldenErrors(t *testing.T) {
	t.Parallel()
	for _, row := range goldenErrors {
		t.Run(row.file, func(t *testing.T) {
			t.Parallel()
			answer := wireVector(t, row.file)
			client, recorder := wireClient(t, row.status, answer)
			_, err := row.call(t.Context(), client, agentmsg.WithMaxAttempts(1)) // the 500 asks for another
			var api *agentmsg.APIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, row.api, api.API)
			require.Equal(t, row.status, api.Status)
			require.Equal(t, row.code, api.Code)
			require.ErrorIs(t, err, row.code)
			require.Equal(t, row.reason, api.Reason)
			require.Equal(t, row.message, api.Message)
			require.Equal(t, answer, string(api.Body))
			// Each of them says that the message was not taken, the 500 too.
			require.Equal(t, agentmsg.OutcomeRejected, agentmsg.OutcomeOf(err))
			require.Equal(t, 1, api.Attempts)
			recorder.only(t)
		})
	}
}
