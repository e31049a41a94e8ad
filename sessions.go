package agentmsg

import (
	"context"
	"slices"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// SessionsService works on a session that exists: its messages' provider ids,
// statuses and reactions, and whether the AI answers. Its methods are safe
// for concurrent use.
//
// Source: MAIA, "Status, link, reactions" and "PATCH /sessions/{sessionId}/ai-paused".
type SessionsService struct{ core *core }

// LinkMessageParams ties a message to the provider's own id of it.
//
// Source: MAIA, "Status, link, reactions".
type LinkMessageParams struct {
	// ProviderMsgID is the provider's id (WhatsApp's, say). Required.
	ProviderMsgID string `json:"providerMsgId"`
	// SetStatusToSent marks the message as sent in the same step.
	SetStatusToSent bool `json:"setStatusToSent"`
}

// UpdateStatusParams says how far a message has come at the provider.
//
// Source: MAIA, "Status, link, reactions".
type UpdateStatusParams struct {
	// ProviderMsgID is the id that was linked before. Required.
	ProviderMsgID string `json:"providerMsgId"`
	// Status is the new status. Required.
	Status MessageStatus `json:"status"`
}

// ReactParams is a reaction to a message.
//
// Source: MAIA, "Status, link, reactions".
type ReactParams struct {
	// ProviderMsgID is the id that was linked before. Required.
	ProviderMsgID string `json:"providerMsgId"`
	// Action is what to do. Required.
	Action ReactionAction `json:"action"`
	// Emoji is the reaction itself. [ReactionAdd] and [ReactionRemove] need
	// one; [ReactionUpsert] without one clears all reactions.
	Emoji string `json:"emoji,omitempty"`
}

func (p *ReactParams) check() error {
	switch {
	case p.ProviderMsgID == "":
		return noProviderMsgID(OpReact)
	case p.Action == "":
		return invalid(OpReact, "Action", "is empty: give ReactionAdd, ReactionRemove or ReactionUpsert")
	case p.Emoji == "" && (p.Action == ReactionAdd || p.Action == ReactionRemove):
		return invalid(OpReact, "Emoji", "is empty: only ReactionUpsert goes without one, to clear all reactions")
	}
	return nil
}

func noProviderMsgID(op Op) error {
	return invalid(op, "ProviderMsgID", "is empty: give the provider's id of the message")
}

// AIPause is whether the AI answers in a session.
//
// Source: MAIA, "PATCH /sessions/{sessionId}/ai-paused".
type AIPause struct {
	SessionID SessionID `json:"sessionId"`
	// AIPaused is what the server says the state is now.
	AIPaused bool `json:"aiPaused"`
	// Message is the server's remark to people.
	Message string `json:"message"`
}

// aiPaused is the body of both calls: false must be on the wire.
type aiPaused struct {
	AIPaused bool `json:"aiPaused"`
}

// LinkMessage ties a message of the session, named by the webhook that
// brought it, to the provider's id, so that statuses and reactions find it.
// Safe to repeat. A webhook handler's function that has sent the message does
// not return LinkMessage's error: the event would come again, and the customer
// get the message twice. Repeat the link apart, as examples/bridge does.
//
// API: POST /sessions/{sessionId}/messages/{messageId}/link.
func (s *SessionsService) LinkMessage(ctx context.Context, session SessionID, message MessageID, p LinkMessageParams, opts ...CallOption) error {
	if p.ProviderMsgID == "" {
		return noProviderMsgID(OpLinkMessage)
	}
	_, err := call[struct{}](ctx, s.core, request{op: wire.LinkMessage, args: []string{string(session), string(message)}, body: &p}, opts)
	return err
}

// UpdateStatus tells MAIA what the provider reported of a linked message.
// Safe to repeat. The vendor does not say what a status that comes late does;
// report them in order.
//
// API: POST /sessions/{sessionId}/messages/status.
func (s *SessionsService) UpdateStatus(ctx context.Context, session SessionID, p UpdateStatusParams, opts ...CallOption) error {
	switch {
	case p.ProviderMsgID == "":
		return noProviderMsgID(OpUpdateStatus)
	case p.Status == "":
		return invalid(OpUpdateStatus, "Status", "is empty: give StatusSent, StatusDelivered, StatusRead or StatusFailed")
	}
	_, err := call[struct{}](ctx, s.core, request{op: wire.UpdateStatus, args: []string{string(session)}, body: &p}, opts)
	return err
}

// React adds, removes or replaces a reaction to a linked message.
// [ReactionRemove] and [ReactionUpsert] are safe to repeat. [ReactionAdd] is
// not known to be: it is repeated only where it was provably not taken.
//
// API: POST /sessions/{sessionId}/messages/reactions.
func (s *SessionsService) React(ctx context.Context, session SessionID, p ReactParams, opts ...CallOption) error {
	if err := p.check(); err != nil {
		return err
	}
	if p.Action == ReactionRemove || p.Action == ReactionUpsert {
		opts = append(slices.Clip(opts), safeToRepeat)
	}
	_, err := call[struct{}](ctx, s.core, request{op: wire.React, args: []string{string(session)}, body: &p}, opts)
	return err
}

// PauseAI stops the AI from answering in the session, which AIPaused of the
// answer confirms: messages are stored, a human answers through [ChannelsService.SendAgentMessage]. It also sends an
// [AIPauseEvent]. Safe to repeat.
//
// API: PATCH /sessions/{sessionId}/ai-paused.
func (s *SessionsService) PauseAI(ctx context.Context, session SessionID, opts ...CallOption) (*AIPause, error) {
	return call[AIPause](ctx, s.core, request{op: wire.PauseAI, args: []string{string(session)}, body: &aiPaused{true}}, opts)
}

// ResumeAI lets the AI answer again. What came while it was paused is not
// known to be answered. Safe to repeat.
//
// API: PATCH /sessions/{sessionId}/ai-paused.
func (s *SessionsService) ResumeAI(ctx context.Context, session SessionID, opts ...CallOption) (*AIPause, error) {
	return call[AIPause](ctx, s.core, request{op: wire.ResumeAI, args: []string{string(session)}, body: &aiPaused{false}}, opts)
}
