// Package conformance compares a service with what the vendors document of it,
// through the public client alone. One suite runs on the mock, always, and on
// the real services, for whoever has credentials: what passes on both is not
// an invention of the mock.
//
// It knows documented facts only. Where the vendors are silent, and the mock's
// choice is ours, any answer passes.
package conformance

import (
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg"
)

// Place is what the suite needs to know of an account. An empty field leaves
// out what needs it, with a reason.
type Place struct {
	// Channel is a MAIA channel of type api: the suite writes into sessions of
	// its own, whose ids begin with "conformance-".
	Channel agentmsg.Channel
	// ChannelID is the same channel's id.
	ChannelID agentmsg.ChannelID
	// BluBashChannelID is a channel of BluBash; the AI answers four messages.
	BluBashChannelID agentmsg.BluBashChannelID
	// RateLimited says that MAIA limits the account's calls, as the real service
	// always does, and says so in its answers.
	RateLimited bool
	// ConversationsBase is the base URL of the Conversations API, for a client
	// with a wrong token.
	ConversationsBase string
}

// Run runs the suite. newClient makes a client of the account; options that it
// is given come last and win. An API that the client has no credential for is
// left out, with a reason. What differs from what is documented fails the
// sub-test of its fact, and the list of all differences is logged at the end.
func Run(t *testing.T, at Place, newClient func(t *testing.T, opts ...agentmsg.Option) *agentmsg.Client) {
	s := &suite{Place: at, newClient: newClient}
	t.Cleanup(func() {
		if len(s.differences) > 0 {
			t.Logf("differs from what is documented:\n  %s", strings.Join(s.differences, "\n  "))
		}
	})
	for _, api := range [...]struct {
		name  string
		tests []test
	}{
		{"MAIA", maiaTests},
		{"MAIA refuses", maiaRefusals},
		{"Attachments", attachmentTests},
		{"BluBash", bluBashTests},
		{"Conversations", conversationTests},
	} {
		t.Run(api.name, func(t *testing.T) {
			for _, test := range api.tests {
				t.Run(test.name, func(t *testing.T) { test.run(s.begin(t)) })
			}
		})
	}
}

// test is one operation, or one documented error.
type test struct {
	name string
	run  func(*check)
}

type suite struct {
	Place
	newClient func(t *testing.T, opts ...agentmsg.Option) *agentmsg.Client

	mu          sync.Mutex
	differences []string
}

// begin makes a sub-test's client.
func (s *suite) begin(t *testing.T) *check {
	return &check{T: t, suite: s, client: s.newClient(t)}
}

// check is one sub-test.
type check struct {
	*testing.T
	suite  *suite
	client *agentmsg.Client
	last   agentmsg.Response // of the last call that was given WithResponse(&last)
}

// seen has a call fill c.last.
func (c *check) seen() agentmsg.CallOption { return agentmsg.WithResponse(&c.last) }

// is compares one documented fact with what there is.
func is[T any](c *check, fact string, want, got T) {
	c.Helper()
	if !reflect.DeepEqual(want, got) {
		c.differs(fact, fmt.Sprintf("%v", want), fmt.Sprintf("%v", got))
	}
}

// holds is a documented fact that is no comparison.
func (c *check) holds(fact string, ok bool) {
	c.Helper()
	if !ok {
		c.differs(fact, "so", "otherwise")
	}
}

func (c *check) differs(fact, want, got string) {
	c.Helper()
	c.Errorf("%s: documented %s, got %s", fact, want, got)
	c.suite.mu.Lock()
	defer c.suite.mu.Unlock()
	c.suite.differences = append(c.suite.differences, fmt.Sprintf("%s: %s: documented %s, got %s", c.Name(), fact, want, got))
}

// works ends the sub-test where a documented call fails.
func (c *check) works(err error) {
	c.Helper()
	switch {
	case errors.Is(err, agentmsg.ErrNotConfigured):
		c.Skip("no credential: ", err)
	case err != nil:
		c.differs("the call", "a success", err.Error())
		c.FailNow()
	}
}

// refused compares an error with a documented one: its code, its status and,
// where they are documented word by word, its reason and message.
func (c *check) refused(err error, want agentmsg.APIError) {
	c.Helper()
	if errors.Is(err, agentmsg.ErrNotConfigured) {
		c.Skip("no credential: ", err)
	}
	got, ok := errors.AsType[*agentmsg.APIError](err)
	if !ok {
		c.differs("the call", fmt.Sprintf("a refusal with %d", want.Status), fmt.Sprintf("%v", err))
		c.FailNow()
	}
	is(c, "status", want.Status, got.Status)
	is(c, "code", want.Code, got.Code)
	is(c, "outcome", agentmsg.OutcomeRejected, got.Outcome)
	if want.Reason != "" {
		is(c, "reason", want.Reason, got.Reason)
	}
	if want.Message != "" {
		is(c, "message", want.Message, got.Message)
	}
}

// channel is the MAIA channel.
func (c *check) channel() agentmsg.Channel {
	c.Helper()
	if c.suite.Channel.Identifier == "" {
		c.Skip("no channel identifier was given")
	}
	return c.suite.Channel
}

func (c *check) channelID() agentmsg.ChannelID {
	c.Helper()
	if c.suite.ChannelID == "" {
		c.Skip("no channel id was given")
	}
	return c.suite.ChannelID
}

func (c *check) bluBashChannelID() agentmsg.BluBashChannelID {
	c.Helper()
	if c.suite.BluBashChannelID == "" {
		c.Skip("no BluBash channel id was given")
	}
	return c.suite.BluBashChannelID
}

// unique is an id that nobody has had.
func unique() string { return "conformance-" + strings.ToLower(rand.Text()) }

// session begins a session of this sub-test's own: an echo, so that the AI is
// not asked.
func (c *check) session() (agentmsg.SessionID, *agentmsg.MessageReceipt) {
	c.Helper()
	id := agentmsg.SessionID(unique())
	receipt, err := c.client.Messages.Echo(c.Context(), agentmsg.EchoParams{
		Channel: c.channel(), SessionID: id, Content: "Conformance", ExternalUserID: "conformance",
	})
	c.works(err)
	return id, receipt
}
