package agent

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"net/url"
	"sync"

	"github.com/agentmsg/agentmsg"
)

// MAIA asks over MAIA's POST /messages and the webhook events of the session.
// Give its [MAIA.Take] to the webhook handler, or no answer arrives. Make one
// with [NewMAIA], and one alone for each channel and tenant: it remembers what
// it asked. It is safe for concurrent use, has no goroutine of its own and
// needs no Close.
//
// Source: MAIA, "POST /messages" and "Webhooks".
type MAIA struct {
	client  *agentmsg.Client
	channel agentmsg.Channel
	config

	own  ownMessages
	past pastQuestions

	mu      sync.Mutex
	asks    map[string]*asking // those whose waiter is open, by its key
	opening map[string]int     // how many wait for their turn, by key
	takes   map[string][]*take // those who wait for what becomes of their event
	given   recent[eventKey]   // events that someone got who asked
}

// NewMAIA returns an agent that asks on a MAIA channel. The channel's
// Identifier is required. Every error is an [*agentmsg.ParamError].
func NewMAIA(c *agentmsg.Client, ch agentmsg.Channel, opts ...Option) (*MAIA, error) {
	cfg, err := newConfig("NewMAIA", c, opts)
	if err != nil {
		return nil, err
	}
	if ch.Identifier == "" {
		return nil, cfg.invalid("ch.Identifier", `is empty: give the channel's identifier, as in agentmsg.APIChannel("support")`)
	}
	if cfg.waiters == nil {
		cfg.waiters = NewMemoryWaiters()
	}
	cfg.timeout = cmp.Or(cfg.timeout, defaultAnswerTimeout)
	return &MAIA{
		client: c, channel: ch, config: cfg,
		asks: map[string]*asking{}, opening: map[string]int{}, takes: map[string][]*take{},
	}, nil
}

// Capabilities are those of MAIA: replies come later, maybe in parts, maybe of
// a human.
func (m *MAIA) Capabilities() Capabilities {
	return Capabilities{Ask: true, Split: true, Attachments: true, HumanTakeover: true}
}

// Ask waits until no other question of the session is open, sends this one and
// waits for the answer: see [Agent].
//
// It fails with [ErrNoReply] when nothing came before the time-out, with
// [ErrPaused] when the AI was paused before it replied, with the call's error
// when the question was not taken, and with the context's. A question whose
// call has an unknown outcome is waited for like any other: a reply shows that
// it arrived.
//
// An answer may be older than the 202 that it waits for; it is returned when
// both are there.
func (m *MAIA) Ask(ctx context.Context, q Question) (*Answer, error) {
	return m.ask(ctx, q, nil)
}

// Replies yields the parts of the answer as they come, in the order of their
// arrival and none before the 202: see [Agent]. A part that is yielded is
// acknowledged, the ones behind it are not: when the range is broken off,
// they go to the webhook handler's function; those that another process
// acknowledged go to that of [WithUnmatched]. Where the loop spends over 5 s
// on a part, those behind it get 503 and are delivered again; MAIA gives each
// up after about half a minute, and then only a range that goes on has it.
//
// The session's next question waits for the end of the range: do not ask it
// inside the loop.
func (m *MAIA) Replies(ctx context.Context, q Question) iter.Seq2[Reply, error] {
	return func(yield func(Reply, error) bool) {
		going := true
		_, err := m.ask(ctx, q, func(r Reply) bool {
			going = going && yield(r, nil)
			return going
		})
		if err != nil && going {
			yield(Reply{}, err)
		}
	}
}

// SendAgentMessage is [agentmsg.ChannelsService.SendAgentMessage] for those who
// also ask: the message's event is no reply, and goes to the webhook handler's
// function. While the call is under way, [MAIA.Take] holds the session's
// messages back until its id is known. Only the process that sent the message
// knows its id. A message whose call failed with an unknown outcome may still
// be taken for a reply.
//
// A repeat may reach the customer twice.
func (m *MAIA) SendAgentMessage(ctx context.Context, channel agentmsg.ChannelID, session agentmsg.SessionID, p agentmsg.AgentMessageParams, opts ...agentmsg.CallOption) (*agentmsg.AgentMessage, error) {
	var id agentmsg.MessageID
	end := m.own.begin(session)
	defer func() { end(id) }()
	message, err := m.client.Channels.SendAgentMessage(ctx, channel, session, p, opts...)
	if err == nil {
		id = message.ID
	}
	return message, err
}

// key names a session among those of all tenants. An escaped id has no slash,
// so no two pairs meet.
func (m *MAIA) key(session agentmsg.SessionID) string {
	return url.PathEscape(m.tenant) + "/" + string(session)
}

// prepare checks the question before anything is waited for or sent, and makes
// its session where it has none.
func (m *MAIA) prepare(ctx context.Context, q *Question) error {
	const op = "MAIA.Ask"
	switch {
	case q.Content != nil:
		return cannotAsk(*q, op, "Content", "is BluBash's: give Text, and files as Attachments")
	case q.Text == "" && len(q.Attachments) == 0:
		return cannotAsk(*q, op, "Text", "is empty: give what the customer says, or an attachment")
	}
	if q.SessionID == "" {
		q.SessionID = newSessionID()
		return nil
	}
	handled, ok := agentmsg.HandledEvent(ctx)
	if ok && handled.Session() == q.SessionID && agentmsg.TenantID(ctx) == m.tenant {
		return &AskError{SessionID: q.SessionID, Outcome: agentmsg.OutcomeNotSent, Err: fmt.Errorf(
			"%w: the function that handles an event of this session would wait for itself: let it return, and ask with a context that is not the handler's", ErrAskInHandler)}
	}
	return nil
}

// params is the question as MAIA takes it.
func (m *MAIA) params(q Question) agentmsg.SendMessageParams {
	return agentmsg.SendMessageParams{
		Channel: m.channel, Content: q.Text, Attachments: q.Attachments, SessionID: q.SessionID,
		SessionName: q.UserName, ExternalUserID: q.UserID, AgentID: q.AgentID, KanbanID: q.KanbanID,
	}
}

// newSessionID makes a random UUID, version 4.
func newSessionID() agentmsg.SessionID {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails; without randomness it ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return agentmsg.SessionID(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}
