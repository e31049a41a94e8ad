package agentmsg_test

import (
	"context"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// quickRetry are the waits of the tests on sockets. The budget is off: they count
// requests.
var quickRetry = agentmsg.WithRetry(agentmsg.RetryPolicy{MinBackoff: time.Millisecond, MaxBackoff: 2 * time.Millisecond, Budget: -1})

// faultClient is a client of all three APIs at one address.
func faultClient(t *testing.T, base string, opts ...agentmsg.Option) *agentmsg.Client {
	t.Helper()
	client, err := agentmsg.NewClient(append([]agentmsg.Option{
		agentmsg.WithMAIA(secretToken), agentmsg.WithBluBash(secretKey), agentmsg.WithConversations(base+"/v1", secretToken),
		agentmsg.WithBaseURL(agentmsg.MAIA, base), agentmsg.WithBaseURL(agentmsg.BluBash, base), quickRetry,
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// faultCalls are one operation of each retry class.
var faultCalls = [3]struct {
	class string
	call  func(context.Context, *agentmsg.Client, ...agentmsg.CallOption) error
}{
	{"safe", func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		_, err := c.Sessions.PauseAI(ctx, "s", opts...)
		return err
	}},
	{"keyed", func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		_, err := c.Contacts.Send(ctx, "channel", agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText("hello"), ContactIdentifier: "c"}, opts...)
		return err
	}},
	{"unsafe", func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		_, err := c.Messages.Send(ctx, agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: "hello"}, opts...)
		return err
	}},
}
