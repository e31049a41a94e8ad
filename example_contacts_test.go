package agentmsg_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// say sends one content, and shows it as it is on the wire.
func say(content agentmsg.ContactContent) {
	client := standIn(func(_ *http.Request, body string) (int, string) {
		show(body)
		return 200, `{"success":true,"messageId":"m1"}`
	}).client()
	_, err := client.Contacts.Send(context.Background(), "channel-1", agentmsg.ContactMessageParams{ContactContent: content, ContactIdentifier: "ana@example.com"})
	if err != nil {
		show(err)
	}
}

// The constructor writes the type and the member that belongs to it, which
// must agree.
func ExampleContactText() {
	say(agentmsg.ContactText("Where is my order?"))
	// Output: {"type":"TEXT","content":{"text":{"body":"Where is my order?"}},"contactIdentifier":"ana@example.com"}
}

// BluBash fetches the file itself: its URL must be public, not a path.
func ExampleContactImage() {
	say(agentmsg.ContactImage("https://example.com/parcel.jpg", "It is broken"))
	say(agentmsg.ContactImage("/uploads/parcel.jpg", "It is broken"))
	// Output:
	// {"type":"IMAGE","content":{"image":{"url":"https://example.com/parcel.jpg","caption":"It is broken"}},"contactIdentifier":"ana@example.com"}
	// agentmsg: Contacts.Send: ContactContent has a media URL that is not absolute http or https: BluBash fetches it from the public network
}

// A recording has no caption.
func ExampleContactAudio() {
	say(agentmsg.ContactAudio("https://example.com/voice.mp3"))
	// Output: {"type":"AUDIO","content":{"audio":{"url":"https://example.com/voice.mp3"}},"contactIdentifier":"ana@example.com"}
}

// An empty caption is left out.
func ExampleContactVideo() {
	say(agentmsg.ContactVideo("https://example.com/unboxing.mp4", ""))
	// Output: {"type":"VIDEO","content":{"video":{"url":"https://example.com/unboxing.mp4"}},"contactIdentifier":"ana@example.com"}
}

// A document has a name for the recipient, whatever its URL is called.
func ExampleContactDocument() {
	say(agentmsg.ContactDocument("https://example.com/d/81723", "invoice.pdf", "Is this mine?"))
	// Output: {"type":"DOCUMENT","content":{"document":{"url":"https://example.com/d/81723","filename":"invoice.pdf","caption":"Is this mine?"}},"contactIdentifier":"ana@example.com"}
}

// The AI may answer in several parts. Text joins them; AIMessages has each, for
// those who send them one by one.
func ExampleContactReply_Text() {
	server, err := mockserver.New(mockserver.WithAI(func(context.Context, mockserver.Turn) []string {
		return []string{"Let me see.", "It was shipped today."}
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	reply, err := server.Client().Contacts.Send(context.Background(), mockserver.DefaultBluBashChannelID, agentmsg.ContactMessageParams{
		ContactContent: agentmsg.ContactText("Where is my order?"), ContactIdentifier: "ana@example.com",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(reply.AIMessages))
	fmt.Println(reply.Text())
	// Output:
	// 2
	// Let me see.
	// It was shipped today.
}

// Absent and false differ: without AutoReply the AI answers. new(false) is on
// the wire, where a plain false would have been left out.
func ExampleConversationMessageParams() {
	client := standIn(func(_ *http.Request, body string) (int, string) {
		fmt.Println(body)
		return 200, `{"status":"success","data":{"message":{"id":"m1"}}}`
	}).client()
	for _, autoReply := range []*bool{nil, new(false)} {
		_, err := client.Conversations.Send(context.Background(), agentmsg.ConversationMessageParams{
			SenderID: "usr_1", SenderType: agentmsg.SenderUser, Text: "hi", AutoReply: autoReply,
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// {"sender_id":"usr_1","sender_type":"user","text":"hi"}
	// {"sender_id":"usr_1","sender_type":"user","text":"hi","auto_reply":false}
}

// The receipt has the message as it was stored. Numbers in the metadata are
// json.Number: an id of 17 digits does not lose its last ones.
func ExampleConversationReceipt() {
	client := standIn(func(*http.Request, string) (int, string) {
		return 200, `{"status":"success","data":{"conversation_id":"con_1","auto_reply_enqueued":true,
			"message":{"id":"msg_1","text":"hi","metadata":{"order":10000000000000001},"created_at":"2026-03-15T14:22:11Z"}}}`
	}).client()
	receipt, err := client.Conversations.Send(context.Background(), agentmsg.ConversationMessageParams{
		SenderID: "usr_1", SenderType: agentmsg.SenderUser, Text: "hi",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(receipt.ConversationID, receipt.Message.ID, receipt.AutoReplyEnqueued)
	fmt.Println(receipt.Message.Metadata["order"], receipt.Message.CreatedAt)
	// Output:
	// con_1 msg_1 true
	// 10000000000000001 2026-03-15 14:22:11 +0000 UTC
}
