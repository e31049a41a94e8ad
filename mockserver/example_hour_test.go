package mockserver_test

import (
	"testing"
	"time"

	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// deskHour is a test in a bubble of testing/synctest, where an hour is no time:
// the AI's answer is late, and an operator has stepped in. Server and client
// are made inside.
func deskHour(t *testing.T) {
	server := mockserver.Start(t, mockserver.WithAIDelay(time.Hour))
	app := &desk{client: server.Client(), secret: mockserver.DefaultWebhookSecret}
	server.SetWebhookHandler(app, app.secret)
	began := time.Now()
	require.NoError(t, app.ask(t.Context(), "order-1042", "Where is my order?"))
	time.Sleep(30 * time.Minute) // moves the bubble's clock
	require.Empty(t, app.heard())
	server.HumanSays("order-1042", "A moment please.")
	require.NoError(t, server.Idle(t.Context()))
	require.Equal(t, time.Hour, time.Since(began))
	require.Equal(t, []string{"A moment please.", "You said: Where is my order?"}, app.heard())
}

// An hour in a test that takes milliseconds: synctest.Test(t, deskHour).
func Example_timeTravel() {
	var t *testing.T // the one that synctest.Test gives
	deskHour(t)
}
