package agent_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

const (
	session = agentmsg.SessionID("s1")
	quiet   = 3 * time.Second // the default
)

// world is a MAIA that answers, an agent that asks it, and the function of the
// webhook handler, which keeps what it gets.
type world struct {
	*mockserver.Server
	client  *agentmsg.Client
	maia    *agent.MAIA
	handler *agentmsg.WebhookHandler

	mu  sync.Mutex
	got []agentmsg.Event
}

// inBubble runs a test in a world of its own, on a clock of its own.
func inBubble(t *testing.T, server []mockserver.Option, asker []agent.Option, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, server, asker)) })
}

func newWorld(t *testing.T, server []mockserver.Option, asker []agent.Option) *world {
	t.Helper()
	w := &world{Server: mockserver.Start(t, server...)}
	w.client = w.Client()
	var err error
	w.maia, err = agent.NewMAIA(w.client, channel, asker...)
	require.NoError(t, err)
	w.handler = newHandler(t, w.keep, agentmsg.WithWebhookTap(w.maia.Take))
	w.SetWebhookHandler(w.handler, "")
	return w
}

var channel = agentmsg.APIChannel(mockserver.DefaultChannelIdentifier)

func newHandler(t *testing.T, handle func(context.Context, agentmsg.Event) error, opts ...agentmsg.WebhookOption) *agentmsg.WebhookHandler {
	t.Helper()
	opts = append([]agentmsg.WebhookOption{
		agentmsg.WithWebhookSecrets(mockserver.DefaultWebhookSecret), agentmsg.WithWebhookLogger(slog.New(slog.DiscardHandler)),
	}, opts...)
	h, err := agentmsg.NewWebhookHandler(handle, opts...)
	require.NoError(t, err)
	return h
}

func (w *world) keep(_ context.Context, e agentmsg.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, e)
	return nil
}

// texts are those of the messages that the function got.
func (w *world) texts() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var texts []string
	for _, e := range w.got {
		if m, ok := e.(*agentmsg.MessageEvent); ok {
			texts = append(texts, m.Response)
		}
	}
	return texts
}

func (w *world) ask(t *testing.T, text string) (*agent.Answer, error) {
	return w.maia.Ask(t.Context(), agent.Question{SessionID: session, Text: text})
}

// kinds are those of all events that the function got.
func (w *world) kinds() []agentmsg.EventType {
	w.mu.Lock()
	defer w.mu.Unlock()
	var kinds []agentmsg.EventType
	for _, e := range w.got {
		kinds = append(kinds, e.EventType())
	}
	return kinds
}

// asked is an Ask under way.
type asked struct {
	answer *agent.Answer
	err    error
	took   time.Duration
	over   chan struct{}
	cancel context.CancelFunc
}

func (w *world) start(t *testing.T, q agent.Question) *asked {
	ctx, cancel := context.WithCancel(t.Context())
	a := &asked{over: make(chan struct{}), cancel: cancel}
	began := time.Now()
	go func() {
		defer close(a.over)
		defer cancel()
		a.answer, a.err = w.maia.Ask(ctx, q)
		a.took = time.Since(began)
	}()
	return a
}

func (a *asked) wait(t *testing.T) (*agent.Answer, error) {
	t.Helper()
	<-a.over
	return a.answer, a.err
}

func says(parts ...string) mockserver.Option {
	return mockserver.WithAI(func(context.Context, mockserver.Turn) []string { return parts })
}

func silent() mockserver.Option { return mockserver.WithAI(nil) }

func split(delay time.Duration) mockserver.Option {
	return mockserver.WithChannel(mockserver.Channel{
		ID: mockserver.DefaultChannelID, Identifier: mockserver.DefaultChannelIdentifier, SplitByBreakline: true, SplitDelay: delay,
	})
}

func with(opts ...mockserver.Option) []mockserver.Option { return opts }

// failure is an Ask's error.
func failure(t *testing.T, err error, code error, outcome agentmsg.Outcome) *agent.AskError {
	t.Helper()
	require.ErrorIs(t, err, code)
	failed, ok := errors.AsType[*agent.AskError](err)
	require.True(t, ok, "%T", err)
	require.Equal(t, outcome, failed.Outcome)
	require.Equal(t, outcome, agentmsg.OutcomeOf(err))
	return failed
}

func texts(replies []agent.Reply) []string {
	var all []string
	for _, r := range replies {
		all = append(all, r.Text)
	}
	return all
}

// posts are the times of the questions that reached the server.
func (w *world) posts() []time.Time {
	var at []time.Time
	for _, r := range w.Requests(agentmsg.OpSend) {
		at = append(at, r.At)
	}
	return at
}
