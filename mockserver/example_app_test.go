package mockserver_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// desk is an application: it hands its customers' questions to MAIA, and keeps
// the answers that come by webhook.
type desk struct {
	client *agentmsg.Client
	secret string

	mu      sync.Mutex
	seen    map[string]bool // events
	answers []string
}

// ask hands a question over.
func (d *desk) ask(ctx context.Context, customer agentmsg.SessionID, question string) error {
	_, err := d.client.Messages.Send(ctx, agentmsg.SendMessageParams{
		Channel: agentmsg.APIChannel(mockserver.DefaultChannelIdentifier), SessionID: customer, Content: question,
	})
	return err
}

// ServeHTTP takes the webhook: nothing that is not signed, and nothing twice.
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	event, err := agentmsg.ReadWebhook(r, d.secret)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen[event.DedupeKey()] {
		return
	}
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	d.seen[event.DedupeKey()] = true
	if message, ok := event.(*agentmsg.MessageEvent); ok {
		d.answers = append(d.answers, message.Response)
	}
}

// heard are the answers so far.
func (d *desk) heard() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.answers...)
}

// An application and the server know each other: it asks through the server's
// client, and its handler takes the server's webhooks, all in memory.
func Example_application() {
	server, err := mockserver.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	app := &desk{client: server.Client(), secret: mockserver.DefaultWebhookSecret}
	server.SetWebhookHandler(app, app.secret)
	ctx := context.Background()

	if err := app.ask(ctx, "order-7", "Where is my order?"); err != nil {
		fmt.Println(err)
		return
	}
	if err := server.Idle(ctx); err != nil { // the answer was delivered
		fmt.Println(err)
		return
	}
	fmt.Println(app.heard())
	fmt.Println(server.Redeliver(server.Deliveries()[0].ID), server.Idle(ctx), app.heard()) // heard once
	// Output:
	// [You said: Where is my order?]
	// <nil> <nil> [You said: Where is my order?]
}
