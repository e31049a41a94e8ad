package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/agentmsg/agentmsg"
)

// BluBash asks over BluBash Channels, whose call returns the answer: no
// webhook, no waiter. Conversations are of the AI alone; no human takes over.
// Make one with [NewBluBash]. It is safe for concurrent use and keeps nothing.
//
// Source: BluBash Channels, "POST /api/v1/channels/{channelId}/messages".
type BluBash struct {
	client  *agentmsg.Client
	channel agentmsg.BluBashChannelID
	config
}

// NewBluBash returns an agent that asks on a BluBash channel, whose id is
// required. Of the options only [WithAnswerTimeout] means something to it; the
// others are checked. Every error is an [*agentmsg.ParamError].
func NewBluBash(c *agentmsg.Client, channel agentmsg.BluBashChannelID, opts ...Option) (*BluBash, error) {
	cfg, err := newConfig("NewBluBash", c, opts)
	if err != nil {
		return nil, err
	}
	if channel == "" || channel == "." || channel == ".." {
		return nil, cfg.invalid("channel", "is empty or dots: give the channel's id")
	}
	return &BluBash{client: c, channel: channel, config: cfg}, nil
}

// Capabilities are those of BluBash: the call returns the whole answer.
func (b *BluBash) Capabilities() Capabilities {
	return Capabilities{Ask: true, Synchronous: true, Split: true}
}

// Ask asks and returns the whole answer, with [EndComplete]: see [Agent]. An
// answer without a part is [ErrNoReply]. Failures are repeated under one
// idempotency key as by [agentmsg.ContactsService.Send]; the error has the key
// where the outcome is unknown.
func (b *BluBash) Ask(ctx context.Context, q Question) (*Answer, error) {
	params, err := b.params(q)
	if err != nil {
		return nil, err
	}
	if b.timeout > 0 {
		late := fmt.Errorf("%w: nothing came for %v", ErrNoReply, b.timeout)
		bounded, cancel := context.WithTimeoutCause(ctx, b.timeout, late)
		defer cancel()
		ctx = bounded
	}
	var response agentmsg.Response
	reply, err := b.client.Contacts.Send(ctx, b.channel, params, agentmsg.WithResponse(&response))
	if err != nil {
		if late := context.Cause(ctx); errors.Is(late, ErrNoReply) {
			err = fmt.Errorf("%w: %w", late, err)
		}
		return nil, &AskError{Outcome: agentmsg.OutcomeOf(err), Err: err}
	}
	answer := &Answer{
		SessionID: agentmsg.SessionID(reply.ConversationID), QuestionID: reply.MessageID,
		Replies: contactReplies(reply, response.Body), End: EndComplete,
	}
	if len(answer.Replies) == 0 {
		return nil, &AskError{
			SessionID: answer.SessionID, QuestionID: answer.QuestionID, Outcome: agentmsg.OutcomeAccepted,
			Err: fmt.Errorf("%w: the answer has no part", ErrNoReply),
		}
	}
	return answer, nil
}

// Replies yields the parts of the answer once it is there: see [Agent].
func (b *BluBash) Replies(ctx context.Context, q Question) iter.Seq2[Reply, error] {
	return func(yield func(Reply, error) bool) {
		answer, err := b.Ask(ctx, q)
		if err != nil {
			yield(Reply{}, err)
			return
		}
		for _, r := range answer.Replies {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// params is the question as BluBash takes it.
func (b *BluBash) params(q Question) (agentmsg.ContactMessageParams, error) {
	const op = "BluBash.Ask"
	params := agentmsg.ContactMessageParams{ContactIdentifier: q.UserID, ContactName: q.UserName}
	switch {
	case q.UserID == "":
		return params, cannotAsk(q, op, "UserID", "is empty: give the value that always names this person")
	case q.SessionID != "":
		return params, cannotAsk(q, op, "SessionID", "is given: BluBash finds the conversation by UserID")
	case len(q.Attachments) > 0:
		return params, cannotAsk(q, op, "Attachments", "are MAIA's: give one file by its public URL, as Content")
	case q.AgentID != "" || q.KanbanID != "":
		return params, cannotAsk(q, op, "AgentID or KanbanID", "is given: transfers are MAIA's")
	case q.Content != nil && q.Text != "":
		return params, cannotAsk(q, op, "Text", "is given beside Content: give one of the two, a file's text as its caption")
	case q.Content != nil:
		params.ContactContent = *q.Content
	case q.Text != "":
		params.ContactContent = agentmsg.ContactText(q.Text)
	default:
		return params, cannotAsk(q, op, "Text", "is empty: give what the customer says, or Content")
	}
	return params, nil
}

// contactReplies are the parts, each with its own bytes of the body.
func contactReplies(reply *agentmsg.ContactReply, body []byte) []Reply {
	var raw struct {
		AIMessages []json.RawMessage `json:"aiMessages"`
	}
	_ = json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &raw) // it was read before
	replies := make([]Reply, len(reply.AIMessages))
	for i, part := range reply.AIMessages {
		replies[i] = Reply{MessageID: agentmsg.MessageID(part.ChannelMessageID), Text: part.Content.Text.Body}
		if i < len(raw.AIMessages) {
			replies[i].Raw = raw.AIMessages[i]
		}
	}
	return replies
}
