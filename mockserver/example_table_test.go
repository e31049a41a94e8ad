package mockserver_test

import (
	"context"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// deskTable is the body of a TestDesk: each row has a server of its own, which
// ends with the row's test.
func deskTable(t *testing.T) {
	answering := func(parts ...string) mockserver.Option {
		return mockserver.WithAI(func(context.Context, mockserver.Turn) []string { return parts })
	}
	channel := mockserver.Channel{ID: mockserver.DefaultChannelID, Identifier: mockserver.DefaultChannelIdentifier}
	lines := channel
	lines.SplitByBreakline = true
	paused := channel
	paused.StartWithAIPaused = true

	for name, row := range map[string]struct {
		options []mockserver.Option
		token   agentmsg.Secret // that the account has meanwhile
		refused error
		heard   []string
	}{
		"an answer":       {options: []mockserver.Option{answering("Soon.")}, heard: []string{"Soon."}},
		"two answers":     {options: []mockserver.Option{answering("Let me see.", "Soon.")}, heard: []string{"Let me see.", "Soon."}},
		"an answer apart": {options: []mockserver.Option{answering("Let me see.\n\nSoon."), mockserver.WithChannel(lines)}, heard: []string{"Let me see.", "Soon."}},
		"a silent AI":     {options: []mockserver.Option{mockserver.WithAI(nil)}},
		"a human's turn":  {options: []mockserver.Option{mockserver.WithChannel(paused)}},
		"another channel": {options: []mockserver.Option{mockserver.WithChannel(mockserver.Channel{ID: "sales", Identifier: "sales"})}, refused: agentmsg.ErrNotFound},
		"a token of old":  {token: "new", refused: agentmsg.ErrTokenRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mockserver.Start(t, row.options...)
			app := &desk{client: server.Client(), secret: mockserver.DefaultWebhookSecret}
			server.SetWebhookHandler(app, app.secret)
			server.SetCredentials(mockserver.Credentials{MAIAToken: row.token}) // an empty one changes nothing
			require.ErrorIs(t, app.ask(t.Context(), "order-1042", "Where is my order?"), row.refused)
			require.NoError(t, server.Idle(t.Context()), "no more will come")
			require.Equal(t, row.heard, app.heard())
		})
	}
}

// The body of a test with a table, against an application of its own kind. See
// the example of the package for that application.
func Example_table() {
	var t *testing.T // the one of func TestDesk
	deskTable(t)
}
