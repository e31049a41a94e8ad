package agent_test

import (
	"context"
	"encoding/json"
	"iter"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/stretchr/testify/require"
)

// The surface that users compile against: each name with its exact type.
var (
	_ func(*agentmsg.Client, agentmsg.Channel, ...agent.Option) (*agent.MAIA, error)             = agent.NewMAIA
	_ func(*agentmsg.Client, agentmsg.BluBashChannelID, ...agent.Option) (*agent.BluBash, error) = agent.NewBluBash
	_ func() *agent.MemoryWaiters                                                                = agent.NewMemoryWaiters

	_ func(string) agent.Option                                                                                                                                       = agent.WithTenant
	_ func(agent.Waiters) agent.Option                                                                                                                                = agent.WithWaiters
	_ func(time.Duration) agent.Option                                                                                                                                = agent.WithQuiet
	_ func(time.Duration) agent.Option                                                                                                                                = agent.WithAnswerTimeout
	_ func(int) agent.Option                                                                                                                                          = agent.WithMaxReplies
	_ func(func(context.Context, agentmsg.Event) error) agent.Option                                                                                                  = agent.WithUnmatched
	_ func(*agent.MAIA, context.Context, agentmsg.Event) (bool, error)                                                                                                = (*agent.MAIA).Take
	_ func(func(context.Context, agentmsg.Event) (bool, error)) agentmsg.WebhookOption                                                                                = agentmsg.WithWebhookTap
	_ func(*agent.MAIA, context.Context, agentmsg.ChannelID, agentmsg.SessionID, agentmsg.AgentMessageParams, ...agentmsg.CallOption) (*agentmsg.AgentMessage, error) = (*agent.MAIA).SendAgentMessage

	_ agent.Agent   = (*agent.MAIA)(nil)
	_ agent.Agent   = (*agent.BluBash)(nil)
	_ agent.Waiters = (*agent.MemoryWaiters)(nil)
	_ error         = (*agent.AskError)(nil)

	_ func(*agent.Answer) string             = (*agent.Answer).Text
	_ func(*agent.AskError) error            = (*agent.AskError).Unwrap
	_ func(*agent.AskError) agentmsg.Outcome = (*agent.AskError).CallOutcome
)

// Both ways: no method is missing, and none is more.
var (
	_ interface {
		Ask(ctx context.Context, q agent.Question) (*agent.Answer, error)
		Replies(ctx context.Context, q agent.Question) iter.Seq2[agent.Reply, error]
		Capabilities() agent.Capabilities
	} = agent.Agent(nil)
	_ agent.Agent = interface {
		Ask(ctx context.Context, q agent.Question) (*agent.Answer, error)
		Replies(ctx context.Context, q agent.Question) iter.Seq2[agent.Reply, error]
		Capabilities() agent.Capabilities
	}(nil)
	// A store spells the waiter out, and need not import the package.
	_ agent.Waiters = interface {
		Open(ctx context.Context, key string) (interface {
			Next(ctx context.Context) (agentmsg.Event, error)
			Close(ctx context.Context) ([]agentmsg.Event, error)
		}, error)
		Offer(ctx context.Context, key string, ev agentmsg.Event) (taken bool, err error)
	}(nil)
)

func TestContract(t *testing.T) {
	t.Parallel()
	require.Equal(t,
		[]agent.End{"quiet", "complete", "paused", "max_replies"},
		[]agent.End{agent.EndQuiet, agent.EndComplete, agent.EndPaused, agent.EndMaxReplies})
	require.Equal(t,
		[]agentmsg.Code{"no_reply", "ai_paused", "cannot_ask", "ask_in_handler"},
		[]agentmsg.Code{agent.ErrNoReply, agent.ErrPaused, agent.ErrCannotAsk, agent.ErrAskInHandler})
	const _, _, _, _ agentmsg.Code = agent.ErrNoReply, agent.ErrPaused, agent.ErrCannotAsk, agent.ErrAskInHandler // they are constants

	reply := agent.Reply{
		MessageID: agentmsg.MessageID("m"), Text: "t", Attachments: []agentmsg.EventAttachment{}, Timestamp: time.Time{}, Raw: json.RawMessage("{}"),
	}
	_ = agent.Question{
		SessionID: agentmsg.SessionID("s"), UserID: "u", UserName: "n", Text: "t", Attachments: []agentmsg.Attachment{},
		Content: new(agentmsg.ContactText("hi")), AgentID: agentmsg.AgentID("a"), KanbanID: agentmsg.KanbanID("k"),
	}
	_ = agent.Capabilities{Ask: true, Synchronous: true, Split: true, Attachments: true, HumanTakeover: true}
	answer := &agent.Answer{
		SessionID: agentmsg.SessionID("s"), QuestionID: agentmsg.MessageID("q"), Replies: []agent.Reply{reply, {}, reply}, End: agent.EndQuiet, MaybeEarlier: true,
	}
	require.Equal(t, "t\nt", answer.Text(), "a file alone has no line")
	var err error = &agent.AskError{
		SessionID: agentmsg.SessionID("s"), QuestionID: agentmsg.MessageID("q"), Outcome: agentmsg.OutcomeUnknown, Replies: []agent.Reply{reply}, Err: agent.ErrNoReply,
	}
	require.ErrorIs(t, err, agent.ErrNoReply)
	require.Equal(t, agentmsg.OutcomeUnknown, agentmsg.OutcomeOf(err))
	require.False(t, agentmsg.Temporary(err))
}
