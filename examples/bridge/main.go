// Bridge carries messages between a WhatsApp-like gateway and the AI, and says
// what became of them. The mock server plays MAIA, and the phones of gateway.go
// play WhatsApp:
//
//	go run ./examples/bridge
//
// What a bridge is, and what it must not do twice, is bridge.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

const (
	number    = "+5521999887766"
	channelID = agentmsg.ChannelID("phone")
	secret    = "bridge-webhook-secret"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bridge:", err)
		os.Exit(1)
	}
}

// world is a bridge and what is on both of its sides.
type world struct {
	maia     *mockserver.Server
	phones   *phones
	bridge   *Bridge
	webhooks *agentmsg.WebhookHandler
}

// options are those of the mock: one WhatsApp channel, which tells the webhook
// also what the customer and the phone's owner say.
func options(more ...mockserver.Option) []mockserver.Option {
	return append([]mockserver.Option{mockserver.WithChannel(mockserver.Channel{
		ID: channelID, Identifier: number, Type: agentmsg.ChannelTypeWhatsAppQR, ForwardIncoming: true,
	})}, more...)
}

func newWorld(maia *mockserver.Server, log *slog.Logger) (*world, error) {
	w := &world{maia: maia, phones: &phones{}}
	w.bridge = &Bridge{Client: maia.Client(), Gateway: w.phones, Number: number, Channel: channelID, Log: log, own: newOwnMessages(), reports: newReports(log)}
	w.phones.incoming, w.phones.receipt = w.bridge.Incoming, w.bridge.Status
	var err error
	w.webhooks, err = agentmsg.NewWebhookHandler(w.bridge.Handle, agentmsg.WithWebhookSecrets(secret), agentmsg.WithWebhookLogger(log))
	if err != nil {
		return nil, err
	}
	maia.SetWebhookHandler(w.webhooks, secret)
	return w, nil
}

// close ends it in order: what was accepted is still told. In a program with an
// http.Server that is shut down first; see examples/webhook.
func (w *world) close(ctx context.Context) error {
	return errors.Join(w.webhooks.Shutdown(ctx), w.bridge.reports.close(ctx))
}

// run takes a conversation from the AI to a human.
func run(ctx context.Context, out io.Writer) error {
	maia, err := mockserver.New(options()...)
	if err != nil {
		return err
	}
	defer maia.Close()
	w, err := newWorld(maia, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	const ana = "+5521988776655"
	for _, step := range []func() error{
		func() error { return w.phones.deliver(ctx, Message{ID: "a1", Phone: ana, Text: "Where is my order?"}) },
		func() error { return w.phones.deliver(ctx, Message{ID: "a1", Phone: ana, Text: "Where is my order?"}) }, // a repeat
		func() error { return w.bridge.Answer(ctx, ana, "It left this morning.") },
		func() error { return w.phones.deliver(ctx, Message{ID: "a2", Phone: ana, Text: "Thank you!"}) }, // the AI is silent
	} {
		if err := step(); err != nil {
			return err
		}
		if err := maia.Idle(ctx); err != nil {
			return err
		}
	}
	for _, m := range w.phones.messages() {
		w.bridge.Status(m.phone, m.id, agentmsg.StatusRead)
		w.bridge.Status(m.phone, m.id, agentmsg.StatusDelivered) // late, and MAIA does not hear of it
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := w.close(ending); err != nil {
		return err
	}
	return w.show(out, ana)
}

// show prints what the customer has got, and what MAIA knows.
func (w *world) show(out io.Writer, phone string) error {
	text := "the customer has got:\n"
	for _, m := range w.phones.messages() {
		text += "  " + m.String() + "\n"
	}
	text += "MAIA knows:\n"
	conversation, _ := w.maia.Session(session(phone))
	for _, m := range conversation.Messages {
		text += fmt.Sprintf("  %s: %s  %s %v\n", m.Source, m.Content, m.ProviderMsgID, m.Updates)
	}
	_, err := io.WriteString(out, text)
	return err
}
