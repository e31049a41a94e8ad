package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
)

// askingMock is MAIA with a webhook that leads to an agent, for the examples.
func askingMock(ai mockserver.AI, opts ...agent.Option) (*mockserver.Server, *agent.MAIA) {
	server, err := mockserver.New(mockserver.WithAI(ai))
	if err != nil {
		panic(err)
	}
	maia, err := agent.NewMAIA(server.Client(), agentmsg.APIChannel(mockserver.DefaultChannelIdentifier), opts...)
	if err != nil {
		panic(err)
	}
	unasked := func(context.Context, agentmsg.Event) error { return nil }
	handler, err := agentmsg.NewWebhookHandler(unasked,
		agentmsg.WithWebhookSecrets(mockserver.DefaultWebhookSecret), agentmsg.WithWebhookTap(maia.Take))
	if err != nil {
		panic(err)
	}
	server.SetWebhookHandler(handler, "")
	return server, maia
}

func twoParts(context.Context, mockserver.Turn) []string {
	return []string{"It left on Monday.", "Expect it tomorrow."}
}

// A question, and its answer by webhook. In a server the handler is mounted:
// http.Handle("POST /webhook", handler).
func ExampleMAIA() {
	server, err := mockserver.New(mockserver.WithAI(twoParts))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client := server.Client() // agentmsg.NewClient(agentmsg.WithMAIA(token))

	maia, err := agent.NewMAIA(client, agentmsg.APIChannel("support"), agent.WithQuiet(50*time.Millisecond)) // 3 s by default
	if err != nil {
		fmt.Println(err)
		return
	}
	handle := func(context.Context, agentmsg.Event) error { return nil } // whatever nobody asked for
	handler, err := agentmsg.NewWebhookHandler(handle,
		agentmsg.WithWebhookSecrets(mockserver.DefaultWebhookSecret),
		agentmsg.WithWebhookTap(maia.Take))
	if err != nil {
		fmt.Println(err)
		return
	}
	server.SetWebhookHandler(handler, mockserver.DefaultWebhookSecret)

	answer, err := maia.Ask(context.Background(), agent.Question{SessionID: "customer-123", Text: "Where is my order?"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Text())
	fmt.Println(len(answer.Replies), "parts, end:", answer.End)
	// Output:
	// It left on Monday.
	// Expect it tomorrow.
	// 2 parts, end: quiet
}

// Parts, as they come. To break off ends the wait; what comes later goes to
// the webhook handler's function.
func ExampleMAIA_Replies() {
	server, maia := askingMock(twoParts, agent.WithQuiet(50*time.Millisecond))
	defer server.Close()
	for reply, err := range maia.Replies(context.Background(), agent.Question{Text: "Where is my order?"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("part:", reply.Text)
	}
	// Output:
	// part: It left on Monday.
	// part: Expect it tomorrow.
}

// Two customers of yours, an agent for each, and one handler: its tap gives an
// event to the agent of the tenant whose delivery it is.
func ExampleMAIA_Take() {
	mux := http.NewServeMux()
	server, err := mockserver.New(mockserver.WithWebhookHandler(mux, ""),
		mockserver.WithChannel(mockserver.Channel{ID: "channel-acme", Identifier: "acme", WebhookURL: "http://app.test/webhooks/acme", WebhookSecret: "secret-a"}),
		mockserver.WithChannel(mockserver.Channel{ID: "channel-globex", Identifier: "globex", WebhookURL: "http://app.test/webhooks/globex", WebhookSecret: "secret-g"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	secrets := map[string]string{"acme": "secret-a", "globex": "secret-g"}
	agents := map[string]*agent.MAIA{}
	for name := range secrets {
		agents[name], err = agent.NewMAIA(server.Client(), agentmsg.APIChannel(name), agent.WithTenant(name), agent.WithMaxReplies(1))
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	handler, err := agentmsg.NewWebhookHandler(func(context.Context, agentmsg.Event) error { return nil },
		agentmsg.WithWebhookTenants(func(r *http.Request) (agentmsg.Tenant, error) {
			name := r.PathValue("customer")
			if agents[name] == nil {
				return agentmsg.Tenant{}, agentmsg.ErrNotFound
			}
			return agentmsg.Tenant{ID: name, Secrets: []string{secrets[name]}}, nil
		}),
		agentmsg.WithWebhookTap(func(ctx context.Context, event agentmsg.Event) (bool, error) {
			return agents[agentmsg.TenantID(ctx)].Take(ctx, event)
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	mux.Handle("POST /webhooks/{customer}", handler)

	for _, name := range []string{"acme", "globex"} {
		answer, err := agents[name].Ask(context.Background(), agent.Question{SessionID: agentmsg.SessionID(name + "-1"), Text: "I am of " + name})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(answer.Text())
	}
	// Output:
	// You said: I am of acme
	// You said: I am of globex
}

// The call returns BluBash's whole answer; no webhook is needed.
func ExampleBluBash() {
	server, err := mockserver.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	blubash, err := agent.NewBluBash(server.Client(), mockserver.DefaultBluBashChannelID)
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := blubash.Ask(context.Background(), agent.Question{UserID: "ana@example.com", Text: "Do you ship abroad?"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Text(), answer.End)
	// Output: You said: Do you ship abroad? complete
}

// After Unknown and Accepted a question is not asked again: its answer may
// still come.
func ExampleAskError() {
	server, maia := askingMock(nil, agent.WithAnswerTimeout(50*time.Millisecond))
	defer server.Close()
	remove := server.Inject(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Refuse, Status: http.StatusBadRequest, Times: 1})
	defer remove()
	for range 2 {
		_, err := maia.Ask(context.Background(), agent.Question{SessionID: "s1", Text: "Where is my order?"})
		switch agentmsg.OutcomeOf(err) {
		case agentmsg.OutcomeNotSent, agentmsg.OutcomeRejected:
			fmt.Println("it was not asked")
		case agentmsg.OutcomeUnknown, agentmsg.OutcomeAccepted:
			fmt.Println("it was, or may have been; no reply:", errors.Is(err, agent.ErrNoReply))
		case agentmsg.OutcomeNone:
			fmt.Println("answered")
		}
	}
	// Output:
	// it was not asked
	// it was, or may have been; no reply: true
}
