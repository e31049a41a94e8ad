package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// A message to the AI, and its answer by webhook. The mock server plays MAIA;
// in production the client comes from NewClient or NewClientFromEnv.
func Example() {
	answers := make(chan string, 1)
	receiver := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := agentmsg.ReadWebhook(r, mockserver.DefaultWebhookSecret)
		if refused, ok := errors.AsType[*agentmsg.WebhookError](err); ok {
			w.WriteHeader(refused.Status)
			return
		}
		if m, ok := event.(*agentmsg.MessageEvent); ok && m.Direction == agentmsg.DirectionOutgoing {
			answers <- m.Response
		}
	})
	server, err := mockserver.New(mockserver.WithWebhookHandler(receiver, ""))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	receipt, err := server.Client().Messages.Send(context.Background(), agentmsg.SendMessageParams{
		Channel:   agentmsg.APIChannel("support"),
		Content:   "Where is my order?",
		SessionID: "order-1042",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(receipt.SessionID, receipt.IsNewSession)
	fmt.Println(<-answers)
	// Output:
	// order-1042 true
	// You said: Where is my order?
}

// A human takes over: the AI pauses, the human answers, the AI goes on.
func ExampleSessionsService_PauseAI() {
	server, err := mockserver.New(mockserver.WithSession(mockserver.Session{ID: "order-1042"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, ctx := server.Client(), context.Background()

	paused, err := client.Sessions.PauseAI(ctx, "order-1042")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(paused.AIPaused)
	said, err := client.Channels.SendAgentMessage(ctx, mockserver.DefaultChannelID, "order-1042", agentmsg.AgentMessageParams{
		Content: "I am looking into it.",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(said.IsHumanReply)
	resumed, err := client.Sessions.ResumeAI(ctx, "order-1042")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resumed.AIPaused)
	// Output:
	// true
	// true
	// false
}

// Did it happen? The answer decides what may follow.
func ExampleOutcomeOf() {
	server, err := mockserver.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	_, err = server.Client().Messages.Send(context.Background(), agentmsg.SendMessageParams{
		Channel: agentmsg.WhatsAppQR("support"), // its type is api
		Content: "hi",
	})
	fmt.Println(agentmsg.OutcomeOf(err), agentmsg.Temporary(err), errors.Is(err, agentmsg.ErrNotFound))
	failure, _ := errors.AsType[*agentmsg.APIError](err)
	fmt.Println(failure.Status, failure.Message)

	_, err = server.Client().Messages.Send(context.Background(), agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support")})
	fmt.Println(agentmsg.OutcomeOf(err))
	fmt.Println(err)
	// Output:
	// Rejected false true
	// 404 channelType is whatsapp_no, but the channel support is of type api
	// NotSent
	// agentmsg: Messages.Send: Content is empty: give Content or Attachments
}

// The same key makes a second call the first one's repeat.
func ExampleWithIdempotencyKey() {
	server, err := mockserver.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, ctx := server.Client(), context.Background()

	question := agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText("hi"), ContactIdentifier: "ana@example.com"}
	first, err := client.Contacts.Send(ctx, mockserver.DefaultBluBashChannelID, question, agentmsg.WithIdempotencyKey("order-1042"))
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := client.Contacts.Send(ctx, mockserver.DefaultBluBashChannelID, question, agentmsg.WithIdempotencyKey("order-1042"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(first.MessageID == second.MessageID)
	// Output: true
}

// AutoReply absent and false differ: new(false) is false on the wire.
func ExampleConversationsService_Send() {
	server, err := mockserver.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	receipt, err := server.Client().Conversations.Send(context.Background(), agentmsg.ConversationMessageParams{
		SenderID: "usr_82hd92", SenderType: agentmsg.SenderUser, Text: "Summarise my last 5 calls", AutoReply: new(false),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(receipt.ConversationID, receipt.AutoReplyEnqueued)
	// Output: con_000001 false
}

// A link ties the provider's id to the message; statuses and reactions use it.
func ExampleSessionsService_LinkMessage() {
	server, err := mockserver.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, ctx := server.Client(), context.Background()

	message := server.AISays("order-1042", "It was shipped today.") // your webhook brings its id
	err = errors.Join(
		client.Sessions.LinkMessage(ctx, "order-1042", message, agentmsg.LinkMessageParams{ProviderMsgID: "wamid.1", SetStatusToSent: true}),
		client.Sessions.UpdateStatus(ctx, "order-1042", agentmsg.UpdateStatusParams{ProviderMsgID: "wamid.1", Status: agentmsg.StatusDelivered}),
		client.Sessions.React(ctx, "order-1042", agentmsg.ReactParams{ProviderMsgID: "wamid.1", Action: agentmsg.ReactionUpsert, Emoji: "👍"}),
	)
	session, _ := server.Session("order-1042")
	fmt.Println(err, session.Messages[0].Status, session.Messages[0].Reactions)
	// Output: <nil> delivered [👍]
}
