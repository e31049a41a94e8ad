package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// receive starts a mock server that delivers to h.
func receive(h http.Handler, secret string) *mockserver.Server {
	server, err := mockserver.New(mockserver.WithWebhookHandler(h, secret))
	if err != nil {
		panic(err)
	}
	return server
}

// customerSays has a customer write, and waits until the answer was delivered.
func customerSays(server *mockserver.Server, session agentmsg.SessionID, text string) {
	server.CustomerSays(session, text)
	if err := server.Idle(context.Background()); err != nil {
		panic(err)
	}
}

// post delivers one body, and returns the answer's status and text.
func post(h http.Handler, path, secret, body string) string {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set(agentmsg.SignatureHeader, mockserver.Sign(secret, []byte(body)))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body))
}

// A receiver is a function that deals with an event. What is unsigned,
// malformed, too big or a repeat does not reach it.
func ExampleNewWebhookHandler() {
	const secret = "test-webhook-secret" // from your configuration
	handler, err := agentmsg.NewWebhookHandler(func(_ context.Context, event agentmsg.Event) error {
		switch e := event.(type) {
		case *agentmsg.MessageEvent:
			fmt.Println(e.SessionID, e.Direction, e.Response)
		default: // the vendor adds kinds
			fmt.Println("not used:", e.EventType())
		}
		return nil // an error, and the event comes again
	}, agentmsg.WithWebhookSecrets(secret))
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/webhook", handler) // yours goes into an http.Server

	server := receive(mux, secret)
	defer server.Close()
	customerSays(server, "s1", "Good morning")
	fmt.Println(server.Redeliver(server.Deliveries()[0].ID), server.Idle(context.Background()))
	fmt.Println("handled:", handler.Stats().Handled, "repeats:", handler.Stats().Duplicates)
	// Output:
	// s1 outgoing You said: Good morning
	// <nil> <nil>
	// handled: 1 repeats: 1
}

// While the secret is being replaced, both are good: give both, change it in
// MAIA's dashboard, take the old one away.
func ExampleWithWebhookSecrets() {
	handler, err := agentmsg.NewWebhookHandler(func(_ context.Context, event agentmsg.Event) error {
		fmt.Println(event.(*agentmsg.MessageEvent).Response)
		return nil
	}, agentmsg.WithWebhookSecrets("new-secret", "old-secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := receive(handler, "old-secret")
	defer server.Close()
	customerSays(server, "s1", "before")
	server.SetWebhookHandler(handler, "new-secret")
	customerSays(server, "s1", "after")
	// Output:
	// You said: before
	// You said: after
}

// One handler for many customers, told apart by the path. The same message id
// from two of them is two events.
func ExampleWithWebhookTenants() {
	secrets := map[string][]string{"acme": {"secret-a"}, "globex": {"secret-g"}} // yours are in a database
	handler, err := agentmsg.NewWebhookHandler(func(ctx context.Context, event agentmsg.Event) error {
		fmt.Println(agentmsg.TenantID(ctx), event.DedupeKey())
		return nil
	}, agentmsg.WithWebhookTenants(func(r *http.Request) (agentmsg.Tenant, error) {
		name := r.PathValue("customer")
		if secrets[name] == nil {
			return agentmsg.Tenant{}, agentmsg.ErrNotFound // 401; any other error is 503, and the event comes again
		}
		return agentmsg.Tenant{ID: name, Secrets: secrets[name]}, nil
	}), agentmsg.WithWebhookLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks/{customer}", handler)

	for _, d := range []struct{ customer, secret string }{{"acme", "secret-a"}, {"globex", "secret-g"}, {"globex", "secret-a"}, {"initech", "secret-a"}} {
		fmt.Println(d.customer, post(mux, "/webhooks/"+d.customer, d.secret, `{"messageId":"m1","response":"hi"}`))
	}
	// Output:
	// acme m1
	// acme 200
	// globex m1
	// globex 200
	// globex 401 invalid_signature
	// initech 401 invalid_signature
}

// Work that takes longer than MAIA waits: the event is acknowledged at once,
// and fails and runs again here. What waits in the queue dies with the process.
func ExampleWithWebhookQueue() {
	runs := 0
	handler, err := agentmsg.NewWebhookHandler(func(_ context.Context, event agentmsg.Event) error {
		if runs++; runs == 1 {
			return errors.New("the shop does not answer")
		}
		fmt.Println(event.DedupeKey(), "in run", runs)
		return nil
	}, agentmsg.WithWebhookSecrets("secret"), agentmsg.WithWebhookQueue(4, 1000), agentmsg.WithWebhookLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(post(handler, "/webhook", "secret", `{"messageId":"m1","response":"hi"}`))

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	fmt.Println(handler.Shutdown(ctx)) // drains the queue, and does not wait out the back-off
	// Output:
	// 200
	// m1 in run 2
	// <nil>
}

// The end of a receiver: its load balancer first, then the http.Server, then
// the handler, which waits for what was acknowledged or still runs. The context
// is one of its own, for that of the program is over by then. See
// examples/webhook for a whole program.
func ExampleWebhookHandler_Shutdown() {
	handler, err := agentmsg.NewWebhookHandler(func(context.Context, agentmsg.Event) error { return nil },
		agentmsg.WithWebhookSecrets("secret"), agentmsg.WithWebhookLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	program, stop := context.WithCancel(context.Background()) // signal.NotifyContext
	stop()
	<-program.Done()

	ending, cancel := context.WithTimeout(context.WithoutCancel(program), 20*time.Second)
	defer cancel()
	fmt.Println(server.Shutdown(ending))
	fmt.Println(handler.Shutdown(ending))

	fmt.Println(post(handler, "/webhook", "secret", `{"response":"hi"}`)) // what one would hear that came after all
	// Output:
	// <nil>
	// <nil>
	// 503 shutting_down
}
