package agentmsg

import (
	"context"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// ChannelsService speaks for the business in a MAIA channel. Its methods are
// safe for concurrent use.
//
// Source: MAIA, "POST /channels/{channelId}/sessions/{sessionId}/agent-messages".
type ChannelsService struct{ core *core }

// AgentMessageParams is a human's answer to the customer.
//
// Source: MAIA, "From human".
type AgentMessageParams struct {
	// Content is the text; one of Content and Attachments is required.
	Content string `json:"content"`
	// Attachments are files that were uploaded: at most 10, at most 100 MB in all.
	Attachments []Attachment `json:"attachments,omitempty"`
	// ExternalUserID and SessionName are used only when the session does not
	// exist yet and is made by this call, which API channels alone allow.
	ExternalUserID string `json:"externalUserId,omitempty"`
	SessionName    string `json:"sessionName,omitempty"`
}

// NoteParams is an internal note: never sent to the customer.
type NoteParams struct {
	// Content is the text. Required; the server takes 10,000 characters.
	Content string
	// VisibleToAI lets the AI read it.
	VisibleToAI bool
}

// AgentMessage is a message of the business as MAIA stored it.
//
// Source: MAIA, "From human", answer 200.
type AgentMessage struct {
	ID           MessageID `json:"id"`
	SessionID    SessionID `json:"sessionId"`
	AgentID      AgentID   `json:"agentId"`
	Role         Role      `json:"role"`
	Content      string    `json:"content"`
	Timestamp    Time      `json:"timestamp"`
	IsHumanReply bool      `json:"isHumanReply,omitempty"`
	IsNewSession bool      `json:"isNewSession"`
	// IsNote and IsNoteVisibleToAI are set in the answer to an internal note.
	IsNote            bool `json:"isNote,omitempty"`
	IsNoteVisibleToAI bool `json:"isNoteVisibleToAi,omitempty"`
}

func (m *AgentMessage) missing() string {
	if m.ID == "" {
		return "id"
	}
	return ""
}

// SendAgentMessage sends a human's words to the customer, without the AI.
// Pause the AI first ([SessionsService.PauseAI]) so that it does not answer
// too. A session that does not exist is made, on API channels only.
//
// MAIA delivers it at once: to the channel's webhook, as an outgoing
// [MessageEvent] with this message's id, and by itself on its WhatsApp OAuth
// and own-token channels; the vendor names no other. A gateway that delivers
// both the call's text and the event sends the customer the message twice.
//
// The customer would see a repeat, so a failure is repeated only where the
// message was provably not taken.
//
// API: POST /channels/{channelId}/sessions/{sessionId}/agent-messages.
func (s *ChannelsService) SendAgentMessage(ctx context.Context, channel ChannelID, session SessionID, p AgentMessageParams, opts ...CallOption) (*AgentMessage, error) {
	if err := checkContent(OpSendAgentMessage, p.Content, p.Attachments); err != nil {
		return nil, err
	}
	return call[AgentMessage](ctx, s.core, request{op: wire.SendAgentMessage, args: []string{string(channel), string(session)}, body: &p}, opts)
}

// AddNote writes an internal note into the session. The customer never gets
// it; the AI reads it where VisibleToAI says so.
//
// A repeat may write the note twice, so a failure is repeated only where it
// was provably not taken.
//
// API: POST /channels/{channelId}/sessions/{sessionId}/agent-messages.
func (s *ChannelsService) AddNote(ctx context.Context, channel ChannelID, session SessionID, p NoteParams, opts ...CallOption) (*AgentMessage, error) {
	if p.Content == "" {
		return nil, invalid(OpAddNote, "Content", "is empty: give the note's text")
	}
	body := struct {
		Content     string `json:"content"`
		IsNote      bool   `json:"isNote"`
		VisibleToAI bool   `json:"isNoteVisibleToAi"`
	}{p.Content, true, p.VisibleToAI}
	return call[AgentMessage](ctx, s.core, request{op: wire.AddNote, args: []string{string(channel), string(session)}, body: &body}, opts)
}
