package agent_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// odd is a store whose Next is another, and that may have no waiter to give.
type odd struct {
	agent.MemoryWaiters
	next func(ctx context.Context, w agent.Waiter) (agentmsg.Event, error)
}

func (o *odd) Open(ctx context.Context, key string) (agent.Waiter, error) {
	w, err := o.MemoryWaiters.Open(ctx, key)
	if err != nil || o.next == nil {
		return nil, err
	}
	return oddWaiter{w, o.next}, nil
}

type oddWaiter struct {
	agent.Waiter
	next func(ctx context.Context, w agent.Waiter) (agentmsg.Event, error)
}

func (o oddWaiter) Next(ctx context.Context) (agentmsg.Event, error) { return o.next(ctx, o.Waiter) }

// A store that breaks its word breaks the question, and nothing else.
func TestStoreThatIsOdd(t *testing.T) {
	t.Parallel()
	for text, next := range map[string]func(context.Context, agent.Waiter) (agentmsg.Event, error){
		"neither a waiter nor an error": nil,
		"neither an event nor an error": func(context.Context, agent.Waiter) (agentmsg.Event, error) { return nil, nil },
		"Next ended its goroutine": func(context.Context, agent.Waiter) (agentmsg.Event, error) {
			runtime.Goexit()
			return nil, nil
		},
	} {
		inBubble(t, nil, []agent.Option{agent.WithWaiters(&odd{next: next})}, func(t *testing.T, w *world) {
			_, err := w.ask(t, "hi")
			_, ok := errors.AsType[*agent.AskError](err)
			require.True(t, ok)
			require.ErrorContains(t, err, text)
			require.NoError(t, w.Idle(t.Context()))
		})
	}
	panics := &odd{next: func(context.Context, agent.Waiter) (agentmsg.Event, error) { panic("no") }}
	inBubble(t, with(slow202(time.Second)), []agent.Option{agent.WithWaiters(panics)}, func(t *testing.T, w *world) {
		require.PanicsWithValue(t, "no", func() { _, _ = w.ask(t, "hi") })
		require.NoError(t, w.Idle(t.Context()))
	})
}

// Whoever fed it to the store: the customer's words are no reply, nor are they
// lost.
func TestStoreThatGivesWhatIsNoReply(t *testing.T) {
	t.Parallel()
	asked := 0
	feeds := &odd{next: func(ctx context.Context, w agent.Waiter) (agentmsg.Event, error) {
		if asked++; asked > 1 {
			return w.Next(ctx)
		}
		time.Sleep(time.Second)
		e := message("m")
		e.Direction = agentmsg.DirectionIncoming
		return e, nil
	}}
	inBubble(t, with(mockserver.WithAIDelay(2*time.Second)), []agent.Option{agent.WithWaiters(feeds)}, func(t *testing.T, w *world) {
		answer, err := w.ask(t, "hi")
		require.NoError(t, err)
		require.Equal(t, "You said: hi", answer.Text())
		require.Equal(t, []string{"text of m"}, texts(answer.Unmatched))
	})
}
