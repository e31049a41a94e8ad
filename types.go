package agentmsg

// Ids are strings that cannot be mistaken for one another: a ChannelID does
// not compile where a SessionID is meant. All of them are opaque; none is
// parsed, trimmed or changed in case.
type (
	// SessionID names a MAIA conversation. Any unique string may be one.
	SessionID string
	// MessageID names one message, of any of the APIs.
	MessageID string
	// AgentID names a MAIA agent.
	AgentID string
	// KanbanID names a MAIA board.
	KanbanID string
	// ContactID names a BluBash contact.
	ContactID string
	// ConversationID names a conversation of BluBash or of the Conversations API.
	ConversationID string
	// ChannelID is the id of a MAIA channel as the dashboard shows it, never
	// the identifier of a [Channel].
	ChannelID string
	// BluBashChannelID is the id of a BluBash channel.
	BluBashChannelID string
)

// API names one of the three HTTP APIs.
type API string

// The APIs.
const (
	MAIA          API = "maia"
	BluBash       API = "blubash"
	Conversations API = "conversations"
)

// Op names an operation as "Service.Method". Errors, hooks and log lines
// carry it.
type Op string

// The operations. Those of [Do] have the Op "Do", and
// [DownloadEventAttachment] has its own name.
const (
	OpSend                    Op = "Messages.Send"
	OpEcho                    Op = "Messages.Echo"
	OpRequestUpload           Op = "Attachments.RequestUpload"
	OpPut                     Op = "Attachments.Put"
	OpDownloadURL             Op = "Attachments.DownloadURL"
	OpDownload                Op = "Attachments.Download"
	OpSendAgentMessage        Op = "Channels.SendAgentMessage"
	OpAddNote                 Op = "Channels.AddNote"
	OpLinkMessage             Op = "Sessions.LinkMessage"
	OpUpdateStatus            Op = "Sessions.UpdateStatus"
	OpReact                   Op = "Sessions.React"
	OpPauseAI                 Op = "Sessions.PauseAI"
	OpResumeAI                Op = "Sessions.ResumeAI"
	OpListKanbans             Op = "Kanbans.List"
	OpListConnections         Op = "Connections.List"
	OpSendContactMessage      Op = "Contacts.Send"
	OpSendConversationMessage Op = "Conversations.Send"
	OpDo                      Op = "Do"
)

// ChannelType is the kind of a MAIA channel. It must be the channel's real
// one, or routing fails; a missing one means [ChannelTypeAPI]. The list is
// open: a value that is not here passes through.
type ChannelType string

// The documented channel types.
const (
	ChannelTypeAPI           ChannelType = "api"
	ChannelTypeWhatsAppBYOT  ChannelType = "whatsapp_byot"
	ChannelTypeWhatsAppQR    ChannelType = "whatsapp_no"
	ChannelTypeWhatsAppCloud ChannelType = "whatsapp"
	ChannelTypeWeb           ChannelType = "web"
	ChannelTypeTelegram      ChannelType = "telegram"
	ChannelTypeSMS           ChannelType = "sms"
)

// Role says who a MAIA message speaks for. The list is open.
type Role string

// The roles.
const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleSystem    Role = "system"
)

// Direction says which way the message of a [MessageEvent] went. The list is
// open.
type Direction string

// The directions.
const (
	// DirectionOutgoing is an answer of the AI or of a human; nothing on the
	// wire tells them apart.
	DirectionOutgoing Direction = "outgoing"
	// DirectionIncoming is the customer's own message, forwarded.
	DirectionIncoming Direction = "incoming"
	// DirectionEcho is what the phone's owner typed on the device: the
	// business's words, the opposite author of [MessagesService.Echo].
	DirectionEcho Direction = "echo"
)

// MessageStatus is how far a message has come at the provider. The list is
// open.
type MessageStatus string

// The statuses.
const (
	StatusSent      MessageStatus = "sent"
	StatusDelivered MessageStatus = "delivered"
	StatusRead      MessageStatus = "read"
	StatusFailed    MessageStatus = "failed"
)

// ReactionAction says what [SessionsService.React] does with the emoji. The
// list is open.
type ReactionAction string

// The reaction actions.
const (
	// ReactionAdd adds the emoji. Not safe to repeat: what the vendor does
	// with a second one is not known.
	ReactionAdd ReactionAction = "add"
	// ReactionRemove removes the emoji. Safe to repeat.
	ReactionRemove ReactionAction = "remove"
	// ReactionUpsert clears all reactions, then adds the emoji if there is
	// one. Safe to repeat.
	ReactionUpsert ReactionAction = "upsert"
)

// SenderType says who speaks in a conversation of the Conversations API. The
// list is open.
type SenderType string

// The sender types.
const (
	SenderUser   SenderType = "user"
	SenderAgent  SenderType = "agent"
	SenderSystem SenderType = "system"
)
