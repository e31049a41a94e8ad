package agent_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	client := mockserver.Start(t).Client()
	var none *agent.MemoryWaiters
	for want, opt := range map[string]agent.Option{
		"opts has a nil option":                     nil,
		"WithTenant has an empty id":                agent.WithTenant(""),
		"WithWaiters has nil waiters":               agent.WithWaiters(nil),
		"WithWaiters has nil waiters: ":             agent.WithWaiters(none),
		"WithQuiet has 0s":                          agent.WithQuiet(0),
		"WithQuiet has -1s: give a positive time":   agent.WithQuiet(-time.Second),
		"WithAnswerTimeout has 0s":                  agent.WithAnswerTimeout(0),
		"WithMaxReplies has 0: give 1 or more":      agent.WithMaxReplies(0),
		"WithUnmatched has a nil function: leave t": agent.WithUnmatched(nil),
	} {
		maia, err := agent.NewMAIA(client, channel, opt)
		require.Nil(t, maia)
		requireParam(t, err, "NewMAIA", want)
		blubash, err := agent.NewBluBash(client, mockserver.DefaultBluBashChannelID, opt)
		require.Nil(t, blubash)
		requireParam(t, err, "NewBluBash", want)
	}
	_, err := agent.NewMAIA(nil, channel)
	requireParam(t, err, "NewMAIA", "c is nil")
	_, err = agent.NewMAIA(client, agentmsg.Channel{Type: agentmsg.ChannelTypeAPI})
	requireParam(t, err, "NewMAIA", "ch.Identifier is empty")
	_, err = agent.NewBluBash(nil, "c")
	requireParam(t, err, "NewBluBash", "c is nil")
	for _, id := range []agentmsg.BluBashChannelID{"", ".", ".."} {
		_, err = agent.NewBluBash(client, id)
		requireParam(t, err, "NewBluBash", "channel is empty or dots")
	}
	_, err = agent.NewBluBash(client, "c", agent.WithQuiet(time.Second), agent.WithWaiters(agent.NewMemoryWaiters()), agent.WithMaxReplies(2), agent.WithTenant("t"))
	require.NoError(t, err)
}

func requireParam(t *testing.T, err error, op agentmsg.Op, text string) {
	t.Helper()
	wrong, ok := errors.AsType[*agentmsg.ParamError](err)
	require.True(t, ok, "%T", err)
	require.Equal(t, op, wrong.Op)
	require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
	require.ErrorContains(t, err, text)
}

func TestMAIACannotAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for param, q := range map[string]agent.Question{
		"Text is empty": {SessionID: session},
		"Content is":    {SessionID: session, Text: "hi", Content: new(agentmsg.ContactText("hi"))},
	} {
		_, err := w.maia.Ask(t.Context(), q)
		_ = failure(t, err, agent.ErrCannotAsk, agentmsg.OutcomeNotSent)
		require.ErrorContains(t, err, param)
	}
	require.Empty(t, w.Requests())
	require.Equal(t, agent.Capabilities{Ask: true, Split: true, Attachments: true, HumanTakeover: true}, w.maia.Capabilities())
}

// What is no reply is not taken, whatever it is, and needs no handler.
func TestTakeLeavesTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	var noMessage *agentmsg.MessageEvent
	var noPause *agentmsg.AIPauseEvent
	for _, e := range []agentmsg.Event{
		nil, noMessage, noPause,
		message("nobody waits"),
		&agentmsg.MessageEvent{Response: "no session"},
		&agentmsg.MessageEvent{SessionID: session, Response: "x", Direction: "sideways"},
		&agentmsg.AIPauseEvent{SessionID: session},
		&agentmsg.AIPauseEvent{},
		&agentmsg.FieldUpdateEvent{SessionID: session},
		&agentmsg.UnknownEvent{SessionID: session},
	} {
		taken, err := w.maia.Take(t.Context(), e)
		require.NoError(t, err)
		require.False(t, taken)
	}
}

// A transfer goes out with the question.
func TestTransfer(t *testing.T) {
	t.Parallel()
	one := mockserver.WithChannel(mockserver.Channel{
		ID: mockserver.DefaultChannelID, Identifier: mockserver.DefaultChannelIdentifier, AllowedAgentIDs: []agentmsg.AgentID{"agent-2"},
	})
	inBubble(t, with(one), []agent.Option{agent.WithMaxReplies(1)}, func(t *testing.T, w *world) {
		_, err := w.ask(t, "hi")
		require.NoError(t, err)
		_, err = w.maia.Ask(t.Context(), agent.Question{SessionID: session, Text: "hi", AgentID: "agent-2", KanbanID: "sales"})
		require.NoError(t, err)
		x, _ := w.Session(session)
		require.Equal(t, agentmsg.AgentID("agent-2"), x.AgentID)
		require.Equal(t, agentmsg.KanbanID("sales"), x.KanbanID)
		require.Equal(t, []agentmsg.EventType{agentmsg.EventRecordCreated}, w.kinds())
	})
}

// A panic on the way is the caller's.
func TestPanicOfTheClientIsTheCallers(t *testing.T) {
	t.Parallel()
	client := mockserver.Start(t).Client(agentmsg.WithMAIATokenSource(func(context.Context, string) (string, error) { panic("no token") }))
	maia, err := agent.NewMAIA(client, channel)
	require.NoError(t, err)
	for range 2 {
		require.Panics(t, func() { _, _ = maia.Ask(t.Context(), agent.Question{SessionID: session, Text: "hi"}) })
	}
}
