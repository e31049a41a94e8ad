package mockserver_test

import (
	"net/http"
	"testing"

	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// deskSignature is a test of the receiver: what another signed is refused, and
// MAIA does not send it again.
func deskSignature(t *testing.T) {
	app := &desk{secret: "the secret of the dashboard"}
	server := mockserver.Start(t, mockserver.WithWebhookHandler(app, "an older secret"))
	app.client = server.Client()
	server.AISays("order-1042", "It was shipped today.")
	require.NoError(t, server.Idle(t.Context()))
	require.Len(t, server.Deliveries(), 1)
	require.Equal(t, http.StatusUnauthorized, server.Deliveries()[0].Status)
	require.Empty(t, app.heard())
}

// A receiver whose secret is another one than the sender's.
func Example_failedSignature() {
	var t *testing.T // the one of func TestDeskSignature
	deskSignature(t)
}
