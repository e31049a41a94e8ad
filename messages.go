package agentmsg

import (
	"context"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// MessagesService sends and stores a customer's words. Its methods are safe
// for concurrent use.
//
// Source: MAIA, "POST /messages".
type MessagesService struct{ core *core }

// Channel is where a customer's message came from. The type must be the
// channel's real one, or MAIA cannot route the message: make it with
// [APIChannel], [WhatsAppQR] and their kin, which cannot forget it.
//
// It is embedded in [SendMessageParams] and [EchoParams].
//
// Source: MAIA, "POST /messages".
type Channel struct {
	// Identifier is the identifier of your own channel (its phone number, its
	// name), never its id, and never the customer's number. Required.
	Identifier string `json:"fromChannelIdentifier"`
	// Type is the channel's type; empty means [ChannelTypeAPI].
	Type ChannelType `json:"channelType,omitempty"`
}

// APIChannel is a channel of type api.
func APIChannel(identifier string) Channel { return Channel{identifier, ChannelTypeAPI} }

// WhatsAppBYOT is a channel of type whatsapp_byot: an own WhatsApp token.
func WhatsAppBYOT(identifier string) Channel { return Channel{identifier, ChannelTypeWhatsAppBYOT} }

// WhatsAppQR is a channel of type whatsapp_no: a phone linked by its QR code.
func WhatsAppQR(identifier string) Channel { return Channel{identifier, ChannelTypeWhatsAppQR} }

// WhatsAppCloud is a channel of type whatsapp: WhatsApp through OAuth.
func WhatsAppCloud(identifier string) Channel { return Channel{identifier, ChannelTypeWhatsAppCloud} }

// WebChat is a channel of type web.
func WebChat(identifier string) Channel { return Channel{identifier, ChannelTypeWeb} }

// Telegram is a channel of type telegram.
func Telegram(identifier string) Channel { return Channel{identifier, ChannelTypeTelegram} }

// SMS is a channel of type sms.
func SMS(identifier string) Channel { return Channel{identifier, ChannelTypeSMS} }

func noIdentifier(op Op) error {
	return invalid(op, "Channel.Identifier", "is empty: give the channel's identifier, as in APIChannel(\"support\")")
}

// SendMessageParams is a customer's message to the AI.
//
// Source: MAIA, "POST /messages".
type SendMessageParams struct {
	Channel
	// Content is the customer's text. It may be empty beside an attachment
	// (a voice note); one of the two is required.
	Content string `json:"content"`
	// SessionID is the conversation; empty lets the server make one.
	SessionID SessionID `json:"sessionId,omitempty"`
	// SessionName is a name to show, and the title of the CRM card.
	SessionName string `json:"sessionName,omitempty"`
	// ExternalUserID is your id of the customer.
	ExternalUserID string `json:"externalUserId,omitempty"`
	// Attachments are files that were uploaded: at most 10, at most 100 MB in all.
	Attachments []Attachment `json:"attachments,omitempty"`
	// AgentID and KanbanID, where they differ from the session's current ones,
	// transfer the session.
	AgentID  AgentID  `json:"agentId,omitempty"`
	KanbanID KanbanID `json:"kanbanId,omitempty"`
}

func (p *SendMessageParams) check() error {
	if p.Identifier == "" {
		return noIdentifier(OpSend)
	}
	return checkContent(OpSend, p.Content, p.Attachments)
}

// EchoParams is a customer's message that is stored and not answered.
//
// Source: MAIA, "POST /messages" with isEcho.
type EchoParams struct {
	Channel
	// Content is the customer's text: one of Content and Attachments is required.
	Content string `json:"content"`
	// ExternalUserID is your id of the customer. Required: an echo is stored
	// under the customer's name.
	ExternalUserID string `json:"externalUserId"`
	// SessionID is the conversation; empty lets the server make one.
	SessionID SessionID `json:"sessionId,omitempty"`
	// SessionName is a name to show. The vendor's page does not name it for
	// an echo; that it is taken is inferred.
	SessionName string `json:"sessionName,omitempty"`
	// Attachments are files that were uploaded: at most 10, at most 100 MB in all.
	Attachments []Attachment `json:"attachments,omitempty"`
}

func (p *EchoParams) check() error {
	if p.Identifier == "" {
		return noIdentifier(OpEcho)
	}
	if p.ExternalUserID == "" {
		return invalid(OpEcho, "ExternalUserID", "is empty: an echo stores the customer's words, so give the customer's id")
	}
	return checkContent(OpEcho, p.Content, p.Attachments)
}

// MessageReceipt is what MAIA answers to a message that it took.
//
// Source: MAIA, "POST /messages", answers 202 and 200.
type MessageReceipt struct {
	// SessionID is the conversation, the server's own where none was given.
	SessionID SessionID `json:"sessionId"`
	// IsNewSession is true when this message began the conversation.
	IsNewSession bool `json:"isNewSession"`
	// UserMessage is the stored message.
	UserMessage Message `json:"userMessage"`
	// Message is the server's remark to people.
	Message string `json:"message"`
}

func (r *MessageReceipt) missing() string {
	switch {
	case r.SessionID == "":
		return "sessionId"
	case r.UserMessage.ID == "":
		return "userMessage.id"
	}
	return ""
}

// Message is one message of a MAIA session.
//
// Source: MAIA, "POST /messages", userMessage.
type Message struct {
	ID        MessageID `json:"id"`
	Role      Role      `json:"role"`
	Content   string    `json:"content"`
	Timestamp Time      `json:"timestamp"`
}

// Send hands a customer's message to the AI. It returns as soon as MAIA has
// taken the message; the answer comes later as a [MessageEvent] of the same
// session, by webhook.
//
// A repeat may reach the AI twice, so a failure is repeated only where the
// message was provably not taken. When [OutcomeOf] the error is
// [OutcomeUnknown], do not send again by yourself.
//
// API: POST /messages.
func (s *MessagesService) Send(ctx context.Context, p SendMessageParams, opts ...CallOption) (*MessageReceipt, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return call[MessageReceipt](ctx, s.core, request{op: wire.Send, body: &p}, opts)
}

// Echo stores the CUSTOMER's words without asking the AI: what a customer
// wrote elsewhere, kept for the history. It is not for the business's own
// words, which would be stored as the customer's: those go through
// [ChannelsService.SendAgentMessage].
//
// A repeat may store the message twice; failures are repeated as for
// [MessagesService.Send].
//
// API: POST /messages.
func (s *MessagesService) Echo(ctx context.Context, p EchoParams, opts ...CallOption) (*MessageReceipt, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	body := struct {
		*EchoParams
		IsEcho bool `json:"isEcho"`
	}{&p, true}
	return call[MessageReceipt](ctx, s.core, request{op: wire.Echo, body: &body}, opts)
}
