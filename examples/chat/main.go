// Chat is the back end of a chat that is embedded in a web page: a question
// comes in by HTTP, and the AI's answer, which MAIA delivers by webhook, goes
// out as the answer to the same request, whole or part by part. The mock
// server plays MAIA inside this program, so that it needs no account.
//
//	go run ./examples/chat
//
// and open http://127.0.0.1:8080, or
//
//	curl -d '{"text":"Where is my order?"}' -H 'Content-Type: application/json' http://127.0.0.1:8080/ask
//	curl -N 'http://127.0.0.1:8080/ask?text=Where+is+my+order%3F'
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
)

const secret = "chat-webhook-secret"

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, func(url string) { fmt.Fprintln(os.Stderr, "chat: open", url) }); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// grace is how long a request may still take when the program is told to end.
const grace = 10 * time.Second

// run serves until ctx ends, then lets the open questions have their answers.
func run(ctx context.Context, addr string, ready func(url string)) error {
	maia, err := newMock()
	if err != nil {
		return err
	}
	defer maia.Close()
	app, webhooks, err := newApp(maia.Client())
	if err != nil {
		return err
	}
	maia.SetWebhookHandler(webhooks, secret) // with the real MAIA: mount it at POST /webhook

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: app.routes(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	ready("http://" + listener.Addr().String())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err = server.Shutdown(bye)
	if err != nil {
		_ = server.Close() // cuts off what is left
	}
	// The webhook goes last: the open questions were waiting for it.
	return errors.Join(err, webhooks.Shutdown(bye))
}

// newMock is a MAIA whose AI answers in two parts.
func newMock() (*mockserver.Server, error) {
	return mockserver.New(
		mockserver.WithChannel(mockserver.Channel{ID: "channel-chat", Identifier: "chat", SplitDelay: 200 * time.Millisecond}),
		mockserver.WithAIDelay(100*time.Millisecond),
		mockserver.WithAI(func(_ context.Context, turn mockserver.Turn) []string {
			return []string{"You said: " + turn.Text, "Is there anything else?"}
		}),
	)
}

// newApp joins the questions and the webhook that brings their answers.
func newApp(client *agentmsg.Client) (*app, *agentmsg.WebhookHandler, error) {
	maia, err := agent.NewMAIA(client, agentmsg.APIChannel("chat"),
		agent.WithQuiet(600*time.Millisecond), // above the channel's split delay
		agent.WithAnswerTimeout(30*time.Second))
	if err != nil {
		return nil, nil, err
	}
	// What nobody waits for: late answers, a human's message out of the blue.
	// A real chat would push it to the page.
	unasked := func(context.Context, agentmsg.Event) error { return nil }
	webhooks, err := agentmsg.NewWebhookHandler(unasked,
		agentmsg.WithWebhookSecrets(secret), agentmsg.WithWebhookTap(maia.Take))
	return &app{agent: maia, free: make(chan struct{}, maxOpen)}, webhooks, err
}
