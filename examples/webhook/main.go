// Webhook is a server that receives MAIA's webhooks for two customers, with a
// secret that is being replaced, and leaves without losing an event. The mock
// server plays MAIA, without an account:
//
//	go run ./examples/webhook
//
// The server is server.go; this file is what happens to it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "webhook:", err)
		os.Exit(1)
	}
}

// run serves on a port of loopback, shows what is received there, and leaves:
// by itself at the end, or at a signal.
func run(ctx context.Context, out io.Writer) error {
	ctx, leave := context.WithTimeout(ctx, 30*time.Second)
	defer leave()
	known := &customers{secrets: map[string][]string{"acme": {"old"}, "globex": {"other"}}}
	s, err := newService(known, func(ctx context.Context, event agentmsg.Event) error {
		message, ok := event.(*agentmsg.MessageEvent)
		if !ok {
			return nil // the vendor adds kinds
		}
		_, err := fmt.Fprintf(out, "   %s, session %s: %q\n", agentmsg.TenantID(ctx), message.SessionID, message.Response)
		return err
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	s.leave = 0 // nobody balances here

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- s.serve(ctx, listener) }()
	err = tour(ctx, out, "http://"+listener.Addr().String()+"/webhooks/", known)
	leave() // as a signal would
	if err := errors.Join(err, <-served); err != nil {
		return err
	}
	stats := s.webhooks.Stats()
	_, err = fmt.Fprintf(out, "left: %d handled, %d refused, nothing lost\n", stats.Handled, stats.Refused)
	return err
}

// tour delivers to each customer, while the secret of one is being replaced.
func tour(ctx context.Context, out io.Writer, webhooks string, known *customers) error {
	maia, err := mockserver.New()
	if err != nil {
		return err
	}
	defer maia.Close()
	for i, step := range []struct {
		secrets          []string // of acme, from now on
		customer, signed string
	}{
		{[]string{"old"}, "acme", "old"},
		{[]string{"old"}, "globex", "other"},
		{[]string{"new", "old"}, "acme", "old"},
		{[]string{"new", "old"}, "acme", "new"},
		{[]string{"new"}, "acme", "new"},
		{[]string{"new"}, "acme", "old"},
		{[]string{"new"}, "globex", "new"},
		{[]string{"new"}, "initech", "new"},
	} {
		known.set("acme", step.secrets...)
		if err := maia.SetWebhook(webhooks+step.customer, step.signed); err != nil {
			return err
		}
		maia.Emit(fmt.Appendf(nil, `{"sessionId":"s1","messageId":"m%d","response":"Message %d"}`, i+1, i+1))
		if err := maia.Idle(ctx); err != nil {
			return err
		}
		deliveries := maia.Deliveries()
		if _, err := fmt.Fprintf(out, "%d. to %s, signed with %q: %d\n", i+1, step.customer, step.signed, deliveries[len(deliveries)-1].Status); err != nil {
			return err
		}
	}
	return nil
}
