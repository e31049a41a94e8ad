package agentmsg_test

import (
	"time"

	"github.com/agentmsg/agentmsg"
)

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
	{"maia/note_create_response.json", 200, callAddNote("c", "s", validNote), &agentmsg.AgentMessage{
		ID: vectorMessage, SessionID: vectorUUID, AgentID: "agent-uuid", Role: agentmsg.RoleAssistant,
		Content: "Customer prefers communication in Portuguese. Follow up next week.", Timestamp: vectorTime, IsNote: true, IsNoteVisibleToAI: true,
	}},
	{"maia/upload_response.json", 200, callRequestUpload(agentmsg.RequestUploadParams{FileName: "photo.jpg", Size: 1024000}), &agentmsg.UploadTicket{
		UploadURL: "https://s3.amazonaws.com/...", FileKey: "attachments/acc123/2024/12/uuid-photo.jpg",
		ExpiresAt:   agentmsg.Time{Time: time.Date(2023, 12, 19, 15, 53, 54, 567e6, time.UTC)},
		ContentType: "image/jpeg", Size: 1024000, // not in the answer: what was asked for
	}},
	{"maia/download_response.json", 200, callDownloadURL("attachments/acc123/2024/12/uuid-photo.jpg"), &agentmsg.DownloadTicket{
		DownloadURL: "https://s3.amazonaws.com/...", ExpiresAt: agentmsg.Time{Time: time.Date(2023, 12, 19, 17, 0, 0, 0, time.UTC)},
		ContentType: "image/jpeg", Size: 1024000,
	}},
	{"maia/kanbans_list_response.PARTIAL.json", 200, callListKanbans(agentmsg.ListKanbansParams{}), &agentmsg.Page[agentmsg.Kanban]{Items: []agentmsg.Kanban{{
		ID: "kanban_1704067200000_abc123def", Name: "Sales Pipeline", Slug: "sales-pipeline", Description: "Main sales pipeline for tracking leads",
		IsDefault: true, CreatedAt: vectorTime, UpdatedAt: agentmsg.Time{Time: vectorTime.AddDate(0, 0, 1)},
		Statuses: []agentmsg.KanbanStatus{
			{Value: "new", Label: "New", Color: "#1890ff"},
			{Value: "contacted", Label: "Contacted", Color: "#52c41a"},
			{Value: "qualified", Label: "Qualified", Color: "#722ed1"},
			{Value: "closed", Label: "Closed Won", Color: "#13c2c2"},
		},
		Fields: []agentmsg.KanbanField{{ID: "field_1704067200001_xyz789", Name: "Email", Type: "email", Description: "Contact email address"}},
	}}}},
	{"maia/connections_list_response.json", 200, callListConnections(agentmsg.ListConnectionsParams{}), &agentmsg.Page[agentmsg.Connection]{Items: []agentmsg.Connection{{
		ID: "conn_abc123", Name: "My WhatsApp Business", ConnectionType: "whatsapp_custom_app", BusinessAccountID: "123456789", TokenStatus: "active",
		PhoneNumbers: []agentmsg.PhoneNumber{{ID: "112233445566", DisplayPhoneNumber: "+55 21 99988-7766", VerifiedName: "My Business", QualityRating: "GREEN"}},
		WebhookURL:   "https://api.maiacompany.io/providers/whatsapp-byot/webhook/conn_abc123",
		CreatedAt:    agentmsg.EventTime{Time: time.Date(2025, 6, 15, 10, 30, 0, 0, time.UTC)},
	}}}},
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
