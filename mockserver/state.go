package mockserver

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agentmsg/agentmsg"
)

// Session is a conversation of any of the three APIs as it stood at one
// moment. Changing it changes nothing in the server.
type Session struct {
	API agentmsg.API
	// ID is the session's; of BluBash and Conversations the conversation's.
	ID agentmsg.SessionID
	// ChannelID is empty for Conversations.
	ChannelID agentmsg.ChannelID
	// Name is the session's, of BluBash the contact's.
	Name string
	// ExternalUserID is the customer's id, of BluBash the contact identifier.
	ExternalUserID string
	AgentID        agentmsg.AgentID
	KanbanID       agentmsg.KanbanID
	AIPaused       bool
	// Messages and Records are oldest first.
	Messages []StoredMessage
	Records  []Record
}

// StoredMessage is a message as the server keeps it.
type StoredMessage struct {
	agentmsg.Message
	Source      Source
	AgentID     agentmsg.AgentID
	Attachments []agentmsg.Attachment
	// VisibleToAI is false for what the AI must not read.
	VisibleToAI   bool
	ProviderMsgID string
	// Status is the furthest that was reported, in the order sent, failed,
	// delivered, read. Ours.
	Status agentmsg.MessageStatus
	// Updates are all that were reported, the late ones too.
	Updates []agentmsg.MessageStatus
	// Reactions are a set, in the order in which they came.
	Reactions []string
}

// Source says who said a message.
type Source string

// The sources.
const (
	FromCustomer Source = "customer"
	FromEcho     Source = "echo"
	FromAI       Source = "ai"
	FromHuman    Source = "human"
	FromOwner    Source = "owner" // of the phone, on the device
	FromNote     Source = "note"
	FromSystem   Source = "system"
)

// Record is a CRM card.
type Record struct {
	ID       string
	KanbanID agentmsg.KanbanID
	Title    string
}

// String is the transcript: a line a message, "source: text", line breaks in
// the text as \n. A message without a text shows its files instead, each name
// in brackets: "customer: [voice-message.ogg]". It has no time and no id, for
// golden files and failure texts.
func (x Session) String() string {
	var b strings.Builder
	for _, m := range x.Messages {
		b.WriteString(string(m.Source) + ": " + oneLine.Replace(m.line()) + "\n")
	}
	return b.String()
}

// line is a message's text, or its files.
func (m StoredMessage) line() string {
	if m.Content != "" {
		return m.Content
	}
	var names []string
	for _, f := range m.Attachments {
		names = append(names, "["+cmp.Or(f.FileName, f.FileKey)+"]")
	}
	return strings.Join(names, " ")
}

var oneLine = strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\n`)

// Sessions are all sessions of the three APIs, the oldest first.
func (s *Server) Sessions() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Session, 0, len(s.world.order))
	for _, x := range s.world.order {
		all = append(all, x.snapshot())
	}
	return all
}

// Session is the session with an id, of any of the three APIs; false: there is
// none. Where two APIs have the id it is MAIA's.
func (s *Server) Session(id agentmsg.SessionID) (Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.world.find(id)
	if x == nil {
		return Session{}, false
	}
	return x.snapshot(), true
}

func (x *session) snapshot() Session {
	copied := x.Session
	copied.Records = slices.Clone(x.Records)
	copied.Messages = make([]StoredMessage, len(x.Messages))
	for i, m := range x.Messages {
		copied.Messages[i] = m.clone()
	}
	return copied
}

func (m StoredMessage) clone() StoredMessage {
	m.Attachments = slices.Clone(m.Attachments)
	m.Updates = slices.Clone(m.Updates)
	m.Reactions = slices.Clone(m.Reactions)
	return m
}
