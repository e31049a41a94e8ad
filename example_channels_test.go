package agentmsg_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// A channel written by hand can lose its type. MAIA then takes it for an API
// channel, and cannot route a WhatsApp message. The constructors cannot forget
// it.
func ExampleChannel() {
	client := standIn(func(_ *http.Request, body string) (int, string) {
		fmt.Println(body)
		return 202, `{"sessionId":"s1","userMessage":{"id":"m1"}}`
	}).client()
	for _, channel := range []agentmsg.Channel{
		{Identifier: "+5521999887766"}, // its type is missing
		agentmsg.WhatsAppQR("+5521999887766"),
	} {
		if _, err := client.Messages.Send(context.Background(), agentmsg.SendMessageParams{Channel: channel, Content: "hi"}); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// {"fromChannelIdentifier":"+5521999887766","content":"hi"}
	// {"fromChannelIdentifier":"+5521999887766","channelType":"whatsapp_no","content":"hi"}
}

// There is a constructor for each type, named as people call the channel: the
// wire's name for a phone that was linked by QR code is whatsapp_no.
func ExampleWhatsAppQR() {
	for _, channel := range []agentmsg.Channel{
		agentmsg.APIChannel("support"),
		agentmsg.WhatsAppQR("+5521999887766"),
		agentmsg.WhatsAppBYOT("+5521999887766"),
		agentmsg.WhatsAppCloud("+5521999887766"),
		agentmsg.WebChat("shop"),
		agentmsg.Telegram("@shop_bot"),
		agentmsg.SMS("+5521999887766"),
	} {
		fmt.Println(channel.Type, channel.Identifier)
	}
	// Output:
	// api support
	// whatsapp_no +5521999887766
	// whatsapp_byot +5521999887766
	// whatsapp +5521999887766
	// web shop
	// telegram @shop_bot
	// sms +5521999887766
}

// Echo stores the customer's words, SendAgentMessage says the business's own.
// The wrong one puts your words into the customer's mouth, and the AI believes
// that the customer said them.
func ExampleMessagesService_Echo() {
	server, err := mockserver.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, ctx := server.Client(), context.Background()

	// Ana wrote by e-mail: keep it in the history, without an answer.
	_, err = client.Messages.Echo(ctx, agentmsg.EchoParams{
		Channel: agentmsg.APIChannel("support"), SessionID: "order-1042", ExternalUserID: "ana",
		Content: "Where is my order?",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// You answer.
	_, err = client.Channels.SendAgentMessage(ctx, mockserver.DefaultChannelID, "order-1042", agentmsg.AgentMessageParams{
		Content: "It was shipped today.",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, _ := server.Session("order-1042")
	for _, m := range session.Messages {
		fmt.Printf("%s: %s\n", m.Role, m.Content)
	}
	// Output:
	// user: Where is my order?
	// assistant: It was shipped today.
}

// Channel and session ids are types of their own: swapped, they do not
// compile. As two strings they would, and the call would find nothing, or
// another customer.
func ExampleChannelsService_SendAgentMessage() {
	server, err := mockserver.New(mockserver.WithSession(mockserver.Session{ID: "order-1042"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, ctx := server.Client(), context.Background()

	var channel agentmsg.ChannelID = mockserver.DefaultChannelID // from the dashboard, not the phone number
	var session agentmsg.SessionID = "order-1042"
	answer := agentmsg.AgentMessageParams{Content: "It was shipped today."}

	// client.Channels.SendAgentMessage(ctx, session, channel, answer)
	// cannot use session (variable of type agentmsg.SessionID) as agentmsg.ChannelID value in argument

	said, err := client.Channels.SendAgentMessage(ctx, channel, session, answer)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(said.Role, said.IsHumanReply)
	// Output: assistant true
}

// A note is for your own people: the customer never gets it, and the AI reads
// it only where you say so.
func ExampleChannelsService_AddNote() {
	client := standIn(func(_ *http.Request, body string) (int, string) {
		fmt.Println(body)
		return 200, `{"id":"n1","sessionId":"order-1042","isNote":true,"isNoteVisibleToAi":true}`
	}).client()
	note, err := client.Channels.AddNote(context.Background(), "channel-1", "order-1042", agentmsg.NoteParams{
		Content: "Prefers Portuguese.", VisibleToAI: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(note.IsNote, note.IsNoteVisibleToAI, note.IsHumanReply)
	// Output:
	// {"content":"Prefers Portuguese.","isNote":true,"isNoteVisibleToAi":true}
	// true true false
}

// An agent or a board that is not the session's own moves the session there.
func ExampleSendMessageParams_transfer() {
	server, err := mockserver.New(
		mockserver.WithChannel(mockserver.Channel{ID: "channel-1", Identifier: "support", AllowedAgentIDs: []agentmsg.AgentID{"agent-sales"}}),
		mockserver.WithSession(mockserver.Session{ID: "order-1042"}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	_, err = server.Client().Messages.Send(context.Background(), agentmsg.SendMessageParams{
		Channel: agentmsg.APIChannel("support"), SessionID: "order-1042", Content: "I want to buy more", AgentID: "agent-sales",
	})
	session, _ := server.Session("order-1042")
	fmt.Println(err, session.AgentID)
	// Output: <nil> agent-sales
}

// Resuming is aiPaused:false, and the false is on the wire: the member is required,
// and a body that leaves it out lets nobody speak.
func ExampleSessionsService_ResumeAI() {
	server, err := mockserver.New(mockserver.WithSession(mockserver.Session{ID: "order-1042", AIPaused: true}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	state, err := server.Client().Sessions.ResumeAI(context.Background(), "order-1042")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", server.Requests(agentmsg.OpResumeAI)[0].Body)
	fmt.Println(state.AIPaused)
	// Output:
	// {"aiPaused":false}
	// false
}
