package agent_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// store is a Waiters that spells the alias out, and counts what is open. Its
// functions may come in between.
type store struct {
	memory agent.MemoryWaiters
	offer  func(key string, ev agentmsg.Event) error

	mu    sync.Mutex
	open  map[string]storeWaiter
	keys  []string
	errOf error
}

type storeWaiter = interface {
	Next(ctx context.Context) (agentmsg.Event, error)
	Close(ctx context.Context) ([]agentmsg.Event, error)
}

func (s *store) Open(ctx context.Context, key string) (interface {
	Next(ctx context.Context) (agentmsg.Event, error)
	Close(ctx context.Context) ([]agentmsg.Event, error)
}, error) {
	if s.errOf != nil {
		return nil, s.errOf
	}
	waiter, err := s.memory.Open(ctx, key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]storeWaiter{}
	}
	s.open[key] = waiter
	s.keys = append(s.keys, key)
	return waiter, err
}

func (s *store) Offer(ctx context.Context, key string, ev agentmsg.Event) (bool, error) {
	if s.offer != nil {
		if err := s.offer(key, ev); err != nil {
			return false, err
		}
	}
	return s.memory.Offer(ctx, key, ev)
}

var errStore = errors.New("the store is down\nand says\tso")

// Another process takes what this one asks for.
func TestWebhookOnAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := new(store)
		w := newWorld(t, with(says("a\nb"), split(time.Second)), []agent.Option{agent.WithWaiters(shared)})
		there, err := agent.NewMAIA(w.client, channel, agent.WithWaiters(shared))
		require.NoError(t, err)
		w.SetWebhookHandler(newHandler(t, w.keep, agentmsg.WithWebhookTap(there.Take)), "")
		answer, err := w.ask(t, "hi")
		require.NoError(t, err)
		require.Equal(t, "a\nb", answer.Text())
		require.Empty(t, w.texts())

		// Asked on both sides, in turn.
		first, second := w.begin(t, "one"), make(chan error, 1)
		go func() {
			_, err := there.Ask(t.Context(), agent.Question{SessionID: session, Text: "two"})
			second <- err
		}()
		_, err = first.wait(t)
		require.NoError(t, err)
		require.NoError(t, <-second)
		require.Len(t, w.posts(), 3)
	})
}

// What another process acknowledged, and is older, is in Unmatched, or with
// the function that is given for it.
func TestUnmatched(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err   error
		given bool
		left  []string
	}{
		"without a function": {left: []string{"before"}},
		"with one":           {given: true},
		"with one that errs": {given: true, err: errStore, left: []string{"before"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				shared := agent.NewMemoryWaiters()
				var got []string
				opts := []agent.Option{agent.WithWaiters(shared)}
				if test.given {
					opts = append(opts, agent.WithUnmatched(func(_ context.Context, e agentmsg.Event) error {
						got = append(got, e.(*agentmsg.MessageEvent).Response)
						return test.err
					}))
				}
				w := newWorld(t, with(silent()), opts)
				there, err := agent.NewMAIA(w.client, channel, agent.WithWaiters(shared))
				require.NoError(t, err)
				w.SetWebhookHandler(newHandler(t, w.keep, agentmsg.WithWebhookTap(there.Take)), "")
				remove := w.Inject(mockserver.Fault{Event: agentmsg.EventMessage, Kind: mockserver.Hold, Times: 1})
				w.HumanSays(session, "before")
				time.Sleep(time.Second)
				a := w.begin(t, "hi")
				remove()
				w.AISays(session, "answer")
				answer, err := a.wait(t)
				require.NoError(t, err)
				require.Equal(t, "answer", answer.Text())
				require.Equal(t, test.left, texts(answer.Unmatched))
				require.Equal(t, test.given, len(got) == 1)
				before, _ := w.Session(session)
				taken, err := w.maia.Take(t.Context(), &agentmsg.MessageEvent{SessionID: session, MessageID: before.Messages[0].ID, Response: "before"})
				require.NoError(t, err)
				require.True(t, taken, "somebody has it")
			})
		})
	}
}

func TestWaiterClosedDuringAnAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(store)
		w := newWorld(t, with(says("a\nb"), split(2*time.Second)), []agent.Option{agent.WithWaiters(s)})
		a := w.begin(t, "hi")
		time.Sleep(time.Second)
		rest, err := s.open["/s1"].Close(t.Context())
		require.NoError(t, err)
		require.Empty(t, rest)
		_, err = a.wait(t)
		failed, ok := errors.AsType[*agent.AskError](err)
		require.True(t, ok)
		require.ErrorContains(t, err, "the waiter is closed")
		require.Equal(t, agentmsg.OutcomeAccepted, failed.Outcome)
		require.Equal(t, []string{"a"}, texts(failed.Replies))
		require.Equal(t, time.Second, a.took)
		require.NoError(t, w.Idle(t.Context()))
		require.Equal(t, []string{"b"}, w.texts())
	})
}

func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{errOf: errStore}
		w := newWorld(t, nil, []agent.Option{agent.WithWaiters(s)})
		_, err := w.ask(t, "hi")
		_ = failure(t, err, errStore, agentmsg.OutcomeNotSent)
		require.NotContains(t, err.Error(), "\n")
		require.Empty(t, w.posts())

		// MAIA delivers again what could not be offered.
		s.errOf = nil
		fails := 2
		s.offer = func(string, agentmsg.Event) error {
			if fails--; fails >= 0 {
				return errStore
			}
			return nil
		}
		answer, err := w.ask(t, "hi")
		require.NoError(t, err)
		require.Equal(t, "You said: hi", answer.Text())
		require.Len(t, w.Deliveries(), 3)
	})
}

func TestHandlerShutdownDuringAnAsk(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a\nb"), split(2*time.Second)), nil, func(t *testing.T, w *world) {
		a := w.begin(t, "hi")
		time.Sleep(time.Second)
		require.NoError(t, w.handler.Shutdown(t.Context()), "it waits for no Ask")
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "a", answer.Text())
		require.NoError(t, w.Idle(t.Context()))
	})
}

// Nothing is told apart by anything but tenant and session.
func TestKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(store)
		seen := map[string]bool{}
		for _, tenant := range []string{"", "a", "a/b", "a%2Fb", "b/a"} {
			opts := []agent.Option{agent.WithWaiters(s), agent.WithMaxReplies(1), agent.WithAnswerTimeout(time.Second)}
			if tenant != "" {
				opts = append(opts, agent.WithTenant(tenant))
			}
			w := newWorld(t, with(silent()), opts)
			for _, id := range []agentmsg.SessionID{"s", "b/s", "/s", "a/s", "%2Fs"} {
				_, err := w.maia.Ask(t.Context(), agent.Question{SessionID: id, Text: "hi"})
				require.ErrorIs(t, err, agent.ErrNoReply)
			}
		}
		for _, key := range s.keys {
			require.False(t, seen[key], key)
			seen[key] = true
		}
		require.Len(t, seen, 25)
	})
}

// stutter is a store that gives each event twice.
type stutter struct{ *agent.MemoryWaiters }

func (s stutter) Open(ctx context.Context, key string) (agent.Waiter, error) {
	w, err := s.MemoryWaiters.Open(ctx, key)
	return &stutterer{Waiter: w}, err
}

type stutterer struct {
	agent.Waiter
	again agentmsg.Event
}

func (s *stutterer) Next(ctx context.Context) (agentmsg.Event, error) {
	if ev := s.again; ev != nil {
		s.again = nil
		return ev, nil
	}
	ev, err := s.Waiter.Next(ctx)
	s.again = ev
	return ev, err
}

func TestStoreThatStutters(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("one", "two")), []agent.Option{agent.WithWaiters(stutter{agent.NewMemoryWaiters()})}, func(t *testing.T, w *world) {
		answer, err := w.ask(t, "hi")
		require.NoError(t, err)
		require.Equal(t, "one\ntwo", answer.Text())
	})
}
