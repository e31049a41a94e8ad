package agentmsg_test

import (
	"context"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// Everything secret in the fault tests has this word in it, so that one search
// finds any of it in a text.
const (
	secretWord  = "s3cr3t"
	secretToken = "maia-token-" + secretWord
	secretKey   = "blubash-key-" + secretWord
	secretQuery = "sig=" + secretWord
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

// faultCall is an operation that faults hit.
type faultCall struct {
	class string
	call  func(context.Context, *agentmsg.Client, ...agentmsg.CallOption) error
}

// faultCalls are one of each retry class, and each promises something.
var faultCalls = [3]faultCall{
	{"safe", func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		return either(c.Sessions.PauseAI(ctx, "s", opts...))
	}},
	{"keyed", func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		return either(c.Contacts.Send(ctx, "channel", agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText("hello"), ContactIdentifier: "c"}, opts...))
	}},
	{"unsafe", func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		return either(c.Messages.Send(ctx, agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: "hello"}, opts...))
	}},
}

// Calls that single faults need: two promise nothing, one has an envelope.
var (
	updateStatus = faultCall{"safe", func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		return c.Sessions.UpdateStatus(ctx, "s", agentmsg.UpdateStatusParams{ProviderMsgID: "p", Status: agentmsg.StatusSent}, opts...)
	}}
	addReaction = faultCall{"unsafe", func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		return c.Sessions.React(ctx, "s", agentmsg.ReactParams{ProviderMsgID: "p", Action: agentmsg.ReactionAdd, Emoji: "x"}, opts...)
	}}
	converse = faultCall{"unsafe", func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		return either(c.Conversations.Send(ctx, agentmsg.ConversationMessageParams{SenderID: "i", SenderType: agentmsg.SenderUser, Text: "hello"}, opts...))
	}}
)

// either is a call's error, of which each call has one or a value: never both,
// nor a zero value that looks like an answer.
func either[T any](v *T, err error) error {
	if (v == nil) != (err != nil) {
		panic("a value beside an error, or neither")
	}
	return err
}
