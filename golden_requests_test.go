package agentmsg_test

import "github.com/agentmsg/agentmsg"

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
	{"maia/note_create_request.json", callAddNote("c", "s", agentmsg.NoteParams{
		Content: "Customer prefers communication in Portuguese. Follow up next week.", VisibleToAI: true,
	})},
	{"maia/upload_request.json", callRequestUpload(agentmsg.RequestUploadParams{FileName: "photo.jpg", ContentType: "image/jpeg", Size: 1024000})},
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
