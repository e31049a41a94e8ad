package mockserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// A program needs no test to have the three APIs: New is an http.Handler, and
// Client reaches it in memory.
func ExampleNew() {
	server, err := mockserver.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	ctx := context.Background()

	reply, err := server.Client().Contacts.Send(ctx, mockserver.DefaultBluBashChannelID, agentmsg.ContactMessageParams{
		ContactContent:    agentmsg.ContactText("Do you ship abroad?"),
		ContactIdentifier: "ana@example.com",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.Text())
	// Output: You said: Do you ship abroad?
}

// A session's String is its transcript: a golden text for a conversation.
func ExampleSession_String() {
	server, err := mockserver.New(mockserver.WithAI(func(context.Context, mockserver.Turn) []string {
		return []string{"Let me see.", "It was shipped today."}
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	ctx := context.Background()

	server.CustomerSays("order-1042", "Where is my order?")
	if err := server.Idle(ctx); err != nil { // the AI has answered
		fmt.Println(err)
		return
	}
	server.HumanSays("order-1042", "Ask me\nanything else.")
	session, _ := server.Session("order-1042")
	fmt.Print(session)
	// Output:
	// customer: Where is my order?
	// ai: Let me see.
	// ai: It was shipped today.
	// human: Ask me\nanything else.
}

// A receiver alone is tested with a request that is signed as MAIA signs.
func ExampleSign() {
	body := []byte(`{"eventType":"ai_pause","sessionId":"s","aiPaused":true}`)
	fmt.Println(agentmsg.VerifySignature(body, mockserver.Sign("secret", body), "secret"))
	fmt.Println(agentmsg.VerifySignature(body, mockserver.Sign("another", body), "secret"))
	// Output:
	// <nil>
	// invalid_signature
}

// The 401 of a token that was replaced, as a test of a program that must fetch
// the new one.
func ExampleServer_SetCredentials() {
	server, err := mockserver.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	client := server.Client()
	server.SetCredentials(mockserver.Credentials{MAIAToken: "the-new-one"})
	_, err = client.Messages.Send(context.Background(), agentmsg.SendMessageParams{
		Channel: agentmsg.APIChannel(mockserver.DefaultChannelIdentifier), Content: "hi",
	})
	fmt.Println(errors.Is(err, agentmsg.ErrTokenRevoked), agentmsg.OutcomeOf(err))
	// Output: true Rejected
}

// Made inside a bubble, the server lives in the bubble's time: the four
// attempts of a lost event take no time at all.
func TestTimeTravel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		server := mockserver.Start(t, mockserver.WithWebhookHandler(down, ""))
		began := time.Now()
		server.AISays("order-1042", "It was shipped today.")
		require.NoError(t, server.Idle(t.Context()))
		require.Len(t, server.Deliveries(), 4)
		require.Equal(t, 7*time.Second, time.Since(began))
	})
}
