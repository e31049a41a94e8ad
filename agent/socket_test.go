package agent_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// Over loopback and by the real clock: questions and webhooks on sockets.
func TestOverSockets(t *testing.T) {
	t.Parallel()
	w := &world{Server: mockserver.Start(t, says("one", "two"))}
	transport := new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	var err error
	w.client, err = agentmsg.NewClient(
		agentmsg.WithMAIA(mockserver.DefaultMAIAToken), agentmsg.WithBaseURL(agentmsg.MAIA, w.URL()),
		agentmsg.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	w.maia, err = agent.NewMAIA(w.client, channel, agent.WithMaxReplies(2))
	require.NoError(t, err)
	w.handler = newHandler(t, w.keep, agentmsg.WithWebhookTap(w.maia.Take))
	listening := httptest.NewServer(w.handler)
	t.Cleanup(listening.Close)
	require.NoError(t, w.SetWebhook(listening.URL, mockserver.DefaultWebhookSecret))

	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			q := agent.Question{SessionID: agentmsg.SessionID(fmt.Sprint("s", i)), Text: "hi"}
			answer, err := w.maia.Ask(t.Context(), q)
			if err != nil || answer.Text() != "one\ntwo" {
				t.Errorf("%v, %v", answer, err)
			}
		})
	}
	all.Wait()
	require.NoError(t, w.Idle(t.Context()))
	require.Empty(t, w.texts())
}
