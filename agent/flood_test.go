package agent_test

import (
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

var unanswered = flag.Int("agent.unanswered", 500, "how many sessions TestManyUnansweredSessions leaves without an answer")

// What is remembered of the past is bounded, in memory and in the time that it
// takes: see what a question takes with -agent.unanswered=30000, which is more
// than are remembered.
func TestManyUnansweredSessions(t *testing.T) {
	t.Parallel()
	questions := *unanswered
	maia, err := agent.NewMAIA(unheard(t), channel, agent.WithAnswerTimeout(time.Nanosecond))
	require.NoError(t, err)
	ask := func(i int) {
		_, err := maia.Ask(t.Context(), agent.Question{SessionID: agentmsg.SessionID(fmt.Sprint("s", i)), Text: "hi"})
		_ = failure(t, err, agent.ErrNoReply, agentmsg.OutcomeAccepted)
	}
	var held [2]runtime.MemStats
	began := time.Now()
	for i := range questions {
		if i == questions/2 {
			runtime.GC()
			runtime.ReadMemStats(&held[0])
		}
		ask(i)
	}
	t.Logf("%v a question", time.Since(began)/time.Duration(questions))
	runtime.GC()
	runtime.ReadMemStats(&held[1])
	require.Less(t, held[1].HeapAlloc, held[0].HeapAlloc+8<<20)
	runtime.KeepAlive(maia)
}

// An event's key is its waiter's and its id, and not the two run together.
func TestGivenIsOfOneSession(t *testing.T) {
	t.Parallel()
	inBubble(t, with(silent()), nil, func(t *testing.T, w *world) {
		taken := func(id agentmsg.SessionID, message agentmsg.MessageID) bool {
			taken, err := w.maia.Take(t.Context(), &agentmsg.MessageEvent{SessionID: id, MessageID: message, Response: "x"})
			require.NoError(t, err)
			return taken
		}
		a := w.start(t, agent.Question{SessionID: "s", Text: "hi"})
		require.NoError(t, w.WaitRequests(t.Context(), agentmsg.OpSend, 1))
		require.True(t, taken("s", "x\x00m"))
		_, err := a.wait(t)
		require.NoError(t, err)
		require.True(t, taken("s", "x\x00m"))
		require.False(t, taken("s\x00x", "m"), "nobody asked there")
	})
}

// unheard is a client whose questions are taken, and answered by nobody.
func unheard(t *testing.T) *agentmsg.Client {
	t.Helper()
	transport := httpmock.NewMockTransport()
	transport.RegisterResponder(http.MethodPost, "https://api.maiacompany.io/messages", func(*http.Request) (*http.Response, error) {
		return httpmock.NewStringResponse(http.StatusAccepted, `{"sessionId":"s","userMessage":{"id":"q","timestamp":1}}`), nil
	})
	client, err := agentmsg.NewClient(agentmsg.WithMAIA("token"), agentmsg.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	return client
}
