package mockserver_test

import (
	"context"
	"os"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// deskGolden is a test of a whole conversation against a file: the transcript
// has neither times nor ids, so it is the same each time.
func deskGolden(t *testing.T) {
	server := mockserver.Start(t, mockserver.WithAI(func(_ context.Context, turn mockserver.Turn) []string {
		if turn.Text == "Where is my order?" {
			return []string{"Let me see.", "It was shipped today."}
		}
		return nil
	}))
	app := &desk{client: server.Client(), secret: mockserver.DefaultWebhookSecret}
	server.SetWebhookHandler(app, app.secret)
	require.NoError(t, app.ask(t.Context(), "order-1042", "Where is my order?"))
	require.NoError(t, server.Idle(t.Context())) // the AI has answered
	require.NoError(t, app.ask(t.Context(), "order-1042", "Thank you!\nBye"))
	_, err := app.client.Channels.AddNote(t.Context(), mockserver.DefaultChannelID, "order-1042", agentmsg.NoteParams{Content: "a friendly one"})
	require.NoError(t, err)
	server.HumanSays("order-1042", "Bye!")

	session, _ := server.Session("order-1042")
	golden, err := os.ReadFile("testdata/desk.golden")
	require.NoError(t, err)
	require.Equal(t, string(golden), session.String())
}

// A conversation as it stands in a file.
func Example_goldenTranscript() {
	var t *testing.T // the one of func TestDeskTranscript
	deskGolden(t)
}
