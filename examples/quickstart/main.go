// Quickstart does the main job of agentmsg in front of your eyes, without an
// account or a network: the mock server plays MAIA, BluBash and the
// Conversations API inside this program.
//
//	go run ./examples/quickstart
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

const secret = "quickstart-webhook-secret"

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run starts the mock, then takes the steps one by one.
func run(ctx context.Context, out io.Writer) error {
	replies := make(chan *agentmsg.MessageEvent, 8)
	server, err := mockserver.New(mockserver.WithWebhookHandler(receiver(replies), secret))
	if err != nil {
		return err
	}
	defer server.Close()

	t := &tour{client: server.Client(), replies: replies}
	for i, step := range t.steps() {
		said, err := step.take(ctx)
		if err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.name, err)
		}
		if _, err := fmt.Fprintf(out, "%2d. %-20s %s\n", i+1, step.name, said); err != nil {
			return err
		}
	}
	return nil
}

// receiver is your webhook endpoint: it refuses what is not signed and passes
// on what the AI or a human answered.
func receiver(replies chan<- *agentmsg.MessageEvent) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := agentmsg.ReadWebhook(r, secret)
		if refused, ok := errors.AsType[*agentmsg.WebhookError](err); ok {
			w.WriteHeader(refused.Status)
			return
		}
		if reply, ok := event.(*agentmsg.MessageEvent); ok && reply.Direction == agentmsg.DirectionOutgoing {
			replies <- reply
		}
	})
}

// tour is what the steps share.
type tour struct {
	client  *agentmsg.Client
	replies <-chan *agentmsg.MessageEvent
	session agentmsg.SessionID
	reply   *agentmsg.MessageEvent
}

type step struct {
	name string
	take func(context.Context) (string, error)
}

func (t *tour) steps() []step {
	return []step{
		{"send to the AI", t.send},
		{"reply by webhook", t.receive},
		{"link provider id", t.link},
		{"mark delivered", t.delivered},
		{"react", t.react},
		{"pause the AI", t.pause},
		{"answer as a human", t.answer},
		{"resume the AI", t.resume},
		{"ask BluBash", t.ask},
		{"post a conversation", t.post},
	}
}

func (t *tour) send(ctx context.Context) (string, error) {
	receipt, err := t.client.Messages.Send(ctx, agentmsg.SendMessageParams{
		Channel:        agentmsg.APIChannel(mockserver.DefaultChannelIdentifier),
		Content:        "Where is my order?",
		SessionID:      "order-1042",
		ExternalUserID: "customer-123",
	})
	if err != nil {
		return "", err
	}
	t.session = receipt.SessionID
	return fmt.Sprintf("%q -> session %s, new: %t", receipt.UserMessage.Content, receipt.SessionID, receipt.IsNewSession), nil
}

func (t *tour) receive(ctx context.Context) (string, error) {
	select {
	case t.reply = <-t.replies:
		return fmt.Sprintf("%q -> signature verified, session %s", t.reply.Response, t.reply.SessionID), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

const providerID = "wamid.1042"

func (t *tour) link(ctx context.Context) (string, error) {
	err := t.client.Sessions.LinkMessage(ctx, t.session, t.reply.MessageID, agentmsg.LinkMessageParams{ProviderMsgID: providerID, SetStatusToSent: true})
	return "the reply is " + providerID + " at the provider -> linked, status sent", err
}

func (t *tour) delivered(ctx context.Context) (string, error) {
	err := t.client.Sessions.UpdateStatus(ctx, t.session, agentmsg.UpdateStatusParams{ProviderMsgID: providerID, Status: agentmsg.StatusDelivered})
	return providerID + " has arrived -> status delivered", err
}

func (t *tour) react(ctx context.Context) (string, error) {
	err := t.client.Sessions.React(ctx, t.session, agentmsg.ReactParams{ProviderMsgID: providerID, Action: agentmsg.ReactionUpsert, Emoji: "👍"})
	return "👍 on " + providerID + " -> stored", err
}

func (t *tour) pause(ctx context.Context) (string, error) {
	state, err := t.client.Sessions.PauseAI(ctx, t.session)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("aiPaused: %t -> %q", state.AIPaused, state.Message), nil
}

func (t *tour) answer(ctx context.Context) (string, error) {
	message, err := t.client.Channels.SendAgentMessage(ctx, mockserver.DefaultChannelID, t.session, agentmsg.AgentMessageParams{Content: "I am looking into it."})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%q -> role %s, human: %t", message.Content, message.Role, message.IsHumanReply), nil
}

func (t *tour) resume(ctx context.Context) (string, error) {
	state, err := t.client.Sessions.ResumeAI(ctx, t.session)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("aiPaused: %t -> the AI answers again", state.AIPaused), nil
}

func (t *tour) ask(ctx context.Context) (string, error) {
	reply, err := t.client.Contacts.Send(ctx, mockserver.DefaultBluBashChannelID, agentmsg.ContactMessageParams{
		ContactContent:    agentmsg.ContactText("Do you ship abroad?"),
		ContactIdentifier: "ana@example.com",
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%q -> %q", "Do you ship abroad?", reply.Text()), nil
}

func (t *tour) post(ctx context.Context) (string, error) {
	receipt, err := t.client.Conversations.Send(ctx, agentmsg.ConversationMessageParams{
		SenderID:   "usr_82hd92",
		SenderType: agentmsg.SenderUser,
		Text:       "Summarise my last 5 calls",
		AutoReply:  new(false),
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%q -> stored, auto reply: %t", receipt.Message.Text, receipt.AutoReplyEnqueued), nil
}
