package conformance

import (
	"errors"

	"github.com/agentmsg/agentmsg"
)

// bluBashTests are BluBash's operation and its documented errors.
var bluBashTests = []test{
	{"Contacts.Send", func(c *check) {
		reply, err := c.client.Contacts.Send(c.Context(), c.bluBashChannelID(), contactSays("Hello"), c.seen())
		c.works(err)
		is(c, "status", 200, c.last.Status)
		is(c, "success", true, reply.Success)
		c.holds("contactId", reply.ContactID != "")
		c.holds("conversationId", reply.ConversationID != "")
		c.holds("messageId", reply.MessageID != "")
		is(c, "conversation.assignedToHuman", false, reply.Conversation.AssignedToHuman)
		for _, m := range reply.AIMessages {
			is(c, "aiMessages.type", "TEXT", m.Type)
			is(c, "aiMessages.content.type", "text", m.Content.Type)
		}
	}},
	{"Contacts.Send with a known contact", func(c *check) {
		channel, contact := c.bluBashChannelID(), contactSays("Hello")
		first, err := c.client.Contacts.Send(c.Context(), channel, contact)
		c.works(err)
		second, err := c.client.Contacts.Send(c.Context(), channel, contact)
		c.works(err)
		is(c, "contactId", first.ContactID, second.ContactID)
		c.holds("another message", first.MessageID != second.MessageID)
	}},
	{"X-Idempotency-Key prevents duplicates", func(c *check) {
		channel, contact, key := c.bluBashChannelID(), contactSays("Once"), agentmsg.WithIdempotencyKey(unique())
		first, err := c.client.Contacts.Send(c.Context(), channel, contact, key)
		c.works(err)
		second, err := c.client.Contacts.Send(c.Context(), channel, contact, key)
		c.works(err)
		is(c, "messageId", first.MessageID, second.MessageID)
	}},
	{"400 contactIdentifier missing", func(c *check) {
		body := map[string]any{"type": "TEXT", "content": map[string]any{"text": map[string]any{"body": "Hello"}}}
		c.refused(c.post(agentmsg.BluBash, body, "api", "v1", "channels", string(c.bluBashChannelID()), "messages"), badRequest)
	}},
	{"400 content without the type's member", func(c *check) {
		body := map[string]any{"type": "TEXT", "contactIdentifier": unique(), "content": map[string]any{}}
		c.refused(c.post(agentmsg.BluBash, body, "api", "v1", "channels", string(c.bluBashChannelID()), "messages"), badRequest)
	}},
	{"401", func(c *check) {
		stranger := c.suite.newClient(c.T, agentmsg.WithBluBash("not-a-key"))
		_, err := stranger.Contacts.Send(c.Context(), c.bluBashChannelID(), contactSays("Hello"))
		c.refused(err, agentmsg.APIError{Status: 401, Code: agentmsg.ErrUnauthorized})
	}},
	{"400 or 404 channel", func(c *check) {
		_, err := c.client.Contacts.Send(c.Context(), agentmsg.BluBashChannelID(unique()), contactSays("Hello"))
		want := notFound
		if errors.Is(err, agentmsg.ErrBadRequest) { // both are documented
			want = badRequest
		}
		c.refused(err, want)
	}},
}

// contactSays is a message of a contact that nobody has had.
func contactSays(text string) agentmsg.ContactMessageParams {
	return agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText(text), ContactIdentifier: unique() + "@example.com", ContactName: "Conformance"}
}

// conversationTests are the Conversations API's operation and its documented
// errors, but for 500. Which 2xx a success has is not documented.
var conversationTests = []test{
	{"Conversations.Send begins a conversation", func(c *check) {
		receipt, err := c.client.Conversations.Send(c.Context(), said("Hello"))
		c.works(err)
		c.holds("conversation_id", receipt.ConversationID != "")
		c.holds("message.id", receipt.Message.ID != "")
		is(c, "message.sender_id", "conformance", receipt.Message.SenderID)
		is(c, "message.sender_type", agentmsg.SenderUser, receipt.Message.SenderType)
		is(c, "message.text", "Hello", receipt.Message.Text)
		c.justNow("message.created_at", agentmsg.Time{Time: receipt.Message.CreatedAt})
	}},
	{"Conversations.Send goes on with a conversation", func(c *check) {
		first, err := c.client.Conversations.Send(c.Context(), said("Hello"))
		c.works(err)
		again := said("Again")
		again.ConversationID, again.ReplyToMessageID, again.Metadata = first.ConversationID, first.Message.ID, map[string]any{"order": "A-1"}
		second, err := c.client.Conversations.Send(c.Context(), again)
		c.works(err)
		is(c, "conversation_id", first.ConversationID, second.ConversationID)
		is(c, "message.metadata", any("A-1"), second.Message.Metadata["order"])
	}},
	{"Conversations.Send with auto_reply false", func(c *check) {
		p := said("Hello")
		p.AutoReply = new(false)
		receipt, err := c.client.Conversations.Send(c.Context(), p)
		c.works(err)
		is(c, "auto_reply_enqueued", false, receipt.AutoReplyEnqueued)
	}},
	{"400 text missing", func(c *check) {
		err := c.post(agentmsg.Conversations, map[string]any{"sender_id": "conformance", "sender_type": "user"}, "messages")
		c.refused(err, agentmsg.APIError{Status: 400, Code: agentmsg.ErrBadRequest, Message: "Field 'text' is required."})
	}},
	{"401", func(c *check) {
		if c.suite.ConversationsBase == "" {
			c.Skip("no base URL of the Conversations API was given")
		}
		stranger := c.suite.newClient(c.T, agentmsg.WithConversations(c.suite.ConversationsBase, "not-a-token"))
		_, err := stranger.Conversations.Send(c.Context(), said("Hello"))
		c.refused(err, agentmsg.APIError{Status: 401, Code: agentmsg.ErrUnauthorized, Message: "Invalid or expired token."})
	}},
	{"404 conversation", func(c *check) {
		p := said("Hello")
		p.ConversationID = agentmsg.ConversationID(unique())
		_, err := c.client.Conversations.Send(c.Context(), p)
		c.refused(err, agentmsg.APIError{Status: 404, Code: agentmsg.ErrNotFound, Message: "Conversation not found: " + string(p.ConversationID) + "."})
	}},
}

func said(text string) agentmsg.ConversationMessageParams {
	return agentmsg.ConversationMessageParams{SenderID: "conformance", SenderType: agentmsg.SenderUser, Text: text}
}
