package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// asked202 is MAIA's answer to a question, by the time of the vendor's example.
const asked202 = `{"sessionId":"s1","isNewSession":true,"userMessage":{"id":"q1","role":"user","content":"hi","timestamp":1705314600000}}`

// delivered is an event as the wire has it.
func delivered(t *testing.T, id, text, at, more string) agentmsg.Event {
	t.Helper()
	e, err := agentmsg.ParseEvent(fmt.Appendf(nil, `{"sessionId":"s1","messageId":%q,"response":%q,"timestamp":%q%s}`, id, text, at, more))
	require.NoError(t, err)
	return e
}

// direct is an agent without a webhook handler: during is what happens while
// the question's call is under way.
func direct(t *testing.T, during func(m *agent.MAIA), opts ...agent.Option) *agent.MAIA {
	t.Helper()
	var m *agent.MAIA
	transport := httpmock.NewMockTransport()
	transport.RegisterResponder(http.MethodPost, "https://api.maiacompany.io/messages", func(*http.Request) (*http.Response, error) {
		if during != nil {
			during(m)
		}
		return httpmock.NewStringResponse(http.StatusAccepted, asked202), nil
	})
	client, err := agentmsg.NewClient(agentmsg.WithMAIA("token"), agentmsg.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	m, err = agent.NewMAIA(client, channel, opts...)
	require.NoError(t, err)
	return m
}

// Take within the call itself: nobody knows yet whether the event, whose time
// is years ago, is older than the question. It is no deadlock.
func TestTakeWithinThePost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := direct(t, func(m *agent.MAIA) {
			for _, e := range []agentmsg.Event{
				delivered(t, "m0", "older", "2024-01-15T10:29:59.999Z", ""),
				delivered(t, "m2", "second", "2024-01-15T10:30:02.000Z", ""),
				delivered(t, "m1", "first", "2024-01-15T10:30:00.000Z", `,"direction":"outgoing"`),
				delivered(t, "m3", "also first", "2024-01-15T10:30:00.000Z", ""),
			} {
				taken, err := m.Take(t.Context(), e)
				require.NoError(t, err)
				require.True(t, taken)
			}
			for _, direction := range []string{"incoming", "echo", "sideways"} {
				taken, err := m.Take(t.Context(), delivered(t, direction, direction, "2024-01-15T10:30:03.000Z", `,"direction":"`+direction+`"`))
				require.NoError(t, err)
				require.False(t, taken, direction)
			}
		})
		answer, err := m.Ask(t.Context(), agent.Question{SessionID: session, Text: "hi"})
		require.NoError(t, err)
		require.Equal(t, []string{"first", "also first", "second"}, texts(answer.Replies))
		require.Equal(t, []string{"older"}, texts(answer.Unmatched))
		require.Equal(t, agentmsg.MessageID("q1"), answer.QuestionID)
		require.Equal(t, agent.EndQuiet, answer.End)
	})
}

// Take after the call gives its word at once.
func TestTakeAfterThePost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := direct(t, nil, agent.WithQuiet(time.Second))
		got := make(chan *agent.Answer, 1)
		go func() {
			answer, _ := m.Ask(t.Context(), agent.Question{SessionID: session, Text: "hi"})
			got <- answer
		}()
		synctest.Wait()
		began := time.Now()
		take := func(e agentmsg.Event) bool {
			taken, err := m.Take(t.Context(), e)
			require.NoError(t, err)
			return taken
		}
		huge := strings.Repeat("é", 1<<20)
		require.False(t, take(delivered(t, "m0", "older", "2024-01-15T10:29:59.999Z", "")))
		require.True(t, take(delivered(t, "m9", "from the future", "2199-01-01T00:00:00.000Z", "")))
		require.True(t, take(delivered(t, "m1", huge, "2024-01-15T10:30:00.000Z", "")))
		require.True(t, take(delivered(t, "m1", "another text of one id", "2024-01-15T10:30:00.000Z", "")))
		require.True(t, take(delivered(t, "", "without an id", "no time", "")))
		require.True(t, take(delivered(t, "", "without an id", "no time", "")), "its body is its id")
		require.False(t, take(delivered(t, "m2", "", "2024-01-15T10:30:00.000Z", "")))
		require.Zero(t, time.Since(began))
		answer := <-got
		require.Equal(t, time.Second, time.Since(began))
		require.Equal(t, []string{huge, "from the future", "without an id"}, texts(answer.Replies))
		require.Empty(t, answer.Unmatched)
		require.False(t, take(delivered(t, "m3", "late", "2024-01-15T10:30:09.000Z", "")))
	})
}

// counting is a store that counts, and that gives back what it likes.
type counting struct {
	agent.MemoryWaiters
	mu             sync.Mutex
	opened, closed int
	left           []agentmsg.Event
	errClose       error
}

func (c *counting) Open(ctx context.Context, key string) (agent.Waiter, error) {
	w, err := c.MemoryWaiters.Open(ctx, key)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.opened++
	}
	return countingWaiter{w, c}, err
}

type countingWaiter struct {
	agent.Waiter
	of *counting
}

func (w countingWaiter) Close(ctx context.Context) ([]agentmsg.Event, error) {
	w.of.mu.Lock()
	w.of.closed++ // first: the next one is let in by Close
	w.of.mu.Unlock()
	rest, err := w.Waiter.Close(ctx)
	return append(rest, w.of.left...), errors.Join(err, w.of.errClose)
}

// What Close gives back is somebody's, whatever became of the question, and
// also where Close fails beside.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	left := []agentmsg.Event{
		nil, &agentmsg.AIPauseEvent{SessionID: session},
		delivered(t, "m1", "left over", "2024-01-15T10:30:01.000Z", ""), delivered(t, "m0", "older", "2024-01-15T10:29:00.000Z", ""),
	}
	synctest.Test(t, func(t *testing.T) {
		store := &counting{left: left, errClose: errStore}
		m := direct(t, func(m *agent.MAIA) {
			_, err := m.Take(t.Context(), delivered(t, "m2", "answer", "2024-01-15T10:30:00.000Z", ""))
			require.NoError(t, err)
		}, agent.WithWaiters(store))
		answer, err := m.Ask(t.Context(), agent.Question{SessionID: session, Text: "hi"})
		require.NoError(t, err)
		require.Equal(t, []string{"answer", "left over"}, texts(answer.Replies))
		require.Equal(t, []string{"older"}, texts(answer.Unmatched))

		ctx, cancel := context.WithCancel(t.Context())
		m = direct(t, func(*agent.MAIA) { cancel() }, agent.WithWaiters(store))
		_, err = m.Ask(ctx, agent.Question{SessionID: session, Text: "hi"})
		failed, ok := errors.AsType[*agent.AskError](err)
		require.True(t, ok)
		require.ErrorIs(t, err, context.Canceled)
		require.ElementsMatch(t, []string{"older", "left over"}, texts(failed.Replies))
		for _, err := range m.Replies(ctx, agent.Question{SessionID: session, Text: "hi"}) {
			require.ErrorIs(t, err, context.Canceled)
		}
		require.Equal(t, store.opened, store.closed)
	})
}

// Many who ask in one session have their turns one after another, and those
// who give up leave nothing behind.
func TestManyAskersOnOneSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := new(counting)
		most := 0
		m := direct(t, func(m *agent.MAIA) {
			store.mu.Lock()
			most = max(most, store.opened-store.closed)
			id := fmt.Sprint("m", store.opened)
			store.mu.Unlock()
			_, err := m.Take(t.Context(), &agentmsg.MessageEvent{SessionID: session, MessageID: agentmsg.MessageID(id), Response: id})
			require.NoError(t, err)
		}, agent.WithWaiters(store), agent.WithMaxReplies(1))
		seen := map[string]int{}
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if i%3 == 0 {
					cancel()
				}
				answer, err := m.Ask(ctx, agent.Question{SessionID: session, Text: "hi"})
				if err != nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				seen[answer.Text()]++
			})
		}
		all.Wait()
		require.Len(t, seen, 666)
		require.Equal(t, 1, most)
		require.Equal(t, store.opened, store.closed)
	})
}
