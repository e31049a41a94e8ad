package wire

// API names one of the three HTTP APIs.
type API string

// The three APIs.
const (
	MAIA          API = "maia"
	BluBash       API = "blubash"
	Conversations API = "conversations"
)

// Class says when an operation may be repeated after a failure.
type Class uint8

// The retry classes. The zero Class is none of them.
const (
	// Safe: a repeat changes nothing that the first run has not changed.
	Safe Class = iota + 1
	// Keyed: a repeat is recognised by its idempotency key.
	Keyed
	// Unsafe: a repeat may reach the customer twice.
	Unsafe
)

// String is the class's name in lower case; "none" for the zero Class.
func (c Class) String() string {
	switch c {
	case Safe:
		return "safe"
	case Keyed:
		return "keyed"
	case Unsafe:
		return "unsafe"
	}
	return "none"
}

// Op is one operation of the client. A route may serve several of them.
type Op uint8

// The operations, in the order of the table below.
const (
	Send Op = iota
	Echo
	RequestUpload
	Put
	DownloadURL
	Download
	SendAgentMessage
	AddNote
	LinkMessage
	UpdateStatus
	React
	PauseAI
	ResumeAI
	ListKanbans
	ListConnections
	SendContactMessage
	SendConversationMessage
	Do // whatever the caller names: it has no route of its own
)

// table is never written to. React's class is that of its most dangerous
// action: the client lowers it for the actions that are safe to repeat.
var table = [...]struct {
	name  string
	api   API
	class Class
	route Route
}{
	Send:                    {"Messages.Send", MAIA, Unsafe, post("/messages")},
	Echo:                    {"Messages.Echo", MAIA, Unsafe, post("/messages")},
	RequestUpload:           {"Attachments.RequestUpload", MAIA, Safe, post("/messages/upload")}, // a second ticket reaches nobody
	Put:                     {"Attachments.Put", MAIA, Safe, presigned("PUT")},
	DownloadURL:             {"Attachments.DownloadURL", MAIA, Safe, get("/attachments/{fileKey...}")},
	Download:                {"Attachments.Download", MAIA, Safe, presigned("GET")},
	SendAgentMessage:        {"Channels.SendAgentMessage", MAIA, Unsafe, post("/channels/{channelId}/sessions/{sessionId}/agent-messages")},
	AddNote:                 {"Channels.AddNote", MAIA, Unsafe, post("/channels/{channelId}/sessions/{sessionId}/agent-messages")},
	LinkMessage:             {"Sessions.LinkMessage", MAIA, Safe, post("/sessions/{sessionId}/messages/{messageId}/link")},
	UpdateStatus:            {"Sessions.UpdateStatus", MAIA, Safe, post("/sessions/{sessionId}/messages/status")},
	React:                   {"Sessions.React", MAIA, Unsafe, post("/sessions/{sessionId}/messages/reactions")},
	PauseAI:                 {"Sessions.PauseAI", MAIA, Safe, patch("/sessions/{sessionId}/ai-paused")},
	ResumeAI:                {"Sessions.ResumeAI", MAIA, Safe, patch("/sessions/{sessionId}/ai-paused")},
	ListKanbans:             {"Kanbans.List", MAIA, Safe, get("/kanbans")},
	ListConnections:         {"Connections.List", MAIA, Safe, get("/connections")},
	SendContactMessage:      {"Contacts.Send", BluBash, Keyed, post("/api/v1/channels/{channelId}/messages")},
	SendConversationMessage: {"Conversations.Send", Conversations, Unsafe, post("/messages")},
	Do:                      {"Do", "", Unsafe, Route{}},
}

// Ops returns every operation but Do.
func Ops() []Op {
	ops := make([]Op, 0, len(table))
	for op := range Do {
		ops = append(ops, op)
	}
	return ops
}

// Name is the operation's public name, "Service.Method".
func (o Op) Name() string { return table[o].name }

// API is the API that the operation belongs to; empty for Do.
func (o Op) API() API { return table[o].api }

// Class is the operation's retry class.
func (o Op) Class() Class { return table[o].class }

// Route is where the operation goes; the zero Route for Do.
func (o Op) Route() Route { return table[o].route }
