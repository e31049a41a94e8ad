package agentmsg

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// ConversationsService posts into conversations of the Conversations API. Its
// methods are safe for concurrent use.
//
// Source: the reference "Send Message" API. It has no default host:
// [WithConversations] gives one.
type ConversationsService struct{ core *core }

// ConversationMessageParams is a message into a conversation.
//
// Source: the reference "Send Message" API.
type ConversationMessageParams struct {
	// ConversationID is the conversation; empty may make a new one.
	ConversationID ConversationID `json:"conversation_id,omitempty"`
	// SenderID is who speaks. Required.
	SenderID string `json:"sender_id"`
	// SenderType is the kind of the sender. Required.
	SenderType SenderType `json:"sender_type"`
	// Text is what is said. Required.
	Text string `json:"text"`
	// ReplyToMessageID is the message that this one answers.
	ReplyToMessageID MessageID `json:"reply_to_message_id,omitempty"`
	// Metadata is free-form.
	Metadata map[string]any `json:"metadata,omitempty"`
	// AutoReply says whether the AI answers. nil leaves the server's default,
	// which is true: absent and false differ, so write new(false) for no answer.
	AutoReply *bool `json:"auto_reply,omitempty"`
}

func (p *ConversationMessageParams) check() error {
	switch {
	case p.SenderID == "":
		return invalid(OpSendConversationMessage, "SenderID", "is empty: give the id of who speaks")
	case p.SenderType == "":
		return invalid(OpSendConversationMessage, "SenderType", "is empty: give SenderUser, SenderAgent or SenderSystem")
	case p.Text == "":
		return invalid(OpSendConversationMessage, "Text", "is empty: give what is said")
	}
	return nil
}

// ConversationReceipt is what the API answers to a message that it took.
//
// Source: the reference "Send Message" API.
type ConversationReceipt struct {
	ConversationID ConversationID      `json:"conversation_id"`
	Message        ConversationMessage `json:"message"`
	// AutoReplyEnqueued is true when an answer of the AI will follow. The API
	// documents no way to receive it.
	AutoReplyEnqueued bool `json:"auto_reply_enqueued"`
}

// ConversationMessage is a message as the API stored it.
//
// Source: the reference "Send Message" API.
type ConversationMessage struct {
	ID         MessageID  `json:"id"`
	SenderID   string     `json:"sender_id"`
	SenderType SenderType `json:"sender_type"`
	Text       string     `json:"text"`
	// Metadata is as it was sent; its numbers are json.Number.
	Metadata  map[string]any `json:"metadata,omitempty"`
	CreatedAt time.Time      `json:"created_at"`
}

// UnmarshalJSON keeps numbers in Metadata exact, and leaves a member that
// cannot be read zero.
func (m *ConversationMessage) UnmarshalJSON(b []byte) error {
	type plain ConversationMessage
	lenient := struct {
		*plain
		Metadata  json.RawMessage `json:"metadata"`
		CreatedAt Time            `json:"created_at"`
	}{plain: (*plain)(m)}
	_ = json.Unmarshal(b, &lenient)
	m.CreatedAt = lenient.CreatedAt.Time
	numbers := json.NewDecoder(bytes.NewReader(lenient.Metadata))
	numbers.UseNumber()
	_ = numbers.Decode(&m.Metadata)
	return nil
}

// conversationEnvelope is around every answer of the Conversations API.
type conversationEnvelope struct {
	Status  string              `json:"status"`
	Message string              `json:"message"`
	Data    ConversationReceipt `json:"data"`
}

func (e *conversationEnvelope) missing() string {
	if e.Data.Message.ID == "" {
		return "data.message.id"
	}
	return ""
}

// Send posts a message into a conversation, or into a new one.
//
// The API documents no idempotency key, so a failure is repeated only where
// the message was provably not taken, and after its documented answer 500,
// which says that nothing was enqueued and asks to try again.
//
// API: POST /messages.
func (s *ConversationsService) Send(ctx context.Context, p ConversationMessageParams, opts ...CallOption) (*ConversationReceipt, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	envelope, err := call[conversationEnvelope](ctx, s.core, request{op: wire.SendConversationMessage, body: &p}, opts)
	if err != nil {
		return nil, err
	}
	return &envelope.Data, nil
}
