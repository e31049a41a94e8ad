package conformance

import (
	"time"

	"github.com/agentmsg/agentmsg"
)

// maiaTests are MAIA's operations as documented. Statuses of link, status and
// reactions are not: there any success passes.
var maiaTests = []test{
	{"Messages.Send begins a session", func(c *check) {
		id := agentmsg.SessionID(unique())
		receipt, err := c.client.Messages.Send(c.Context(), agentmsg.SendMessageParams{
			Channel: c.channel(), SessionID: id, Content: "Hello <&> ünïcode", SessionName: "Conformance", ExternalUserID: "conformance",
		}, c.seen())
		c.works(err)
		is(c, "status", 202, c.last.Status)
		is(c, "message", "Message received. AI response will be delivered via webhook.", receipt.Message)
		c.receipt(receipt, id, true, "Hello <&> ünïcode")
	}},
	{"Messages.Send goes on with a session", func(c *check) {
		id, _ := c.session()
		receipt, err := c.client.Messages.Send(c.Context(), agentmsg.SendMessageParams{Channel: c.channel(), SessionID: id, Content: "Again"}, c.seen())
		c.works(err)
		is(c, "status", 202, c.last.Status)
		c.receipt(receipt, id, false, "Again")
	}},
	{"Messages.Send without a session", func(c *check) {
		receipt, err := c.client.Messages.Send(c.Context(), agentmsg.SendMessageParams{Channel: c.channel(), Content: "Hello"}, c.seen())
		c.works(err)
		c.holds("the server makes a session id", receipt.SessionID != "")
		is(c, "isNewSession", true, receipt.IsNewSession)
	}},
	{"Messages.Send without a channel type means api", func(c *check) {
		channel := agentmsg.Channel{Identifier: c.channel().Identifier}
		_, err := c.client.Messages.Send(c.Context(), agentmsg.SendMessageParams{Channel: channel, SessionID: agentmsg.SessionID(unique()), Content: "Hello"}, c.seen())
		c.works(err)
		is(c, "status", 202, c.last.Status)
	}},
	{"Messages.Echo", func(c *check) {
		id := agentmsg.SessionID(unique())
		receipt, err := c.client.Messages.Echo(c.Context(), agentmsg.EchoParams{
			Channel: c.channel(), SessionID: id, Content: "Said elsewhere", ExternalUserID: "conformance",
		}, c.seen())
		c.works(err)
		is(c, "status", 200, c.last.Status)
		is(c, "message", "Message synced successfully.", receipt.Message)
		c.receipt(receipt, id, true, "Said elsewhere")
	}},
	{"Channels.SendAgentMessage", func(c *check) {
		channel := c.channelID()
		id, _ := c.session()
		m, err := c.client.Channels.SendAgentMessage(c.Context(), channel, id, agentmsg.AgentMessageParams{Content: "From a human"}, c.seen())
		c.works(err)
		is(c, "status", 200, c.last.Status)
		c.agentMessage(m, id, "From a human")
		is(c, "isHumanReply", true, m.IsHumanReply)
		is(c, "isNewSession", false, m.IsNewSession)
	}},
	{"Channels.SendAgentMessage makes a session on an API channel", func(c *check) {
		id := agentmsg.SessionID(unique())
		m, err := c.client.Channels.SendAgentMessage(c.Context(), c.channelID(), id, agentmsg.AgentMessageParams{
			Content: "From a human", ExternalUserID: "conformance", SessionName: "Conformance",
		}, c.seen())
		c.works(err)
		c.agentMessage(m, id, "From a human")
		is(c, "isNewSession", true, m.IsNewSession)
	}},
	{"Channels.AddNote", func(c *check) {
		channel := c.channelID()
		id, _ := c.session()
		for _, visible := range [...]bool{true, false} {
			m, err := c.client.Channels.AddNote(c.Context(), channel, id, agentmsg.NoteParams{Content: "A note", VisibleToAI: visible}, c.seen())
			c.works(err)
			is(c, "status", 200, c.last.Status)
			c.agentMessage(m, id, "A note")
			is(c, "isNote", true, m.IsNote)
			is(c, "isNoteVisibleToAi", visible, m.IsNoteVisibleToAI)
			is(c, "isHumanReply", false, m.IsHumanReply)
		}
	}},
	{"Sessions.LinkMessage, UpdateStatus and React", func(c *check) {
		id, receipt := c.session()
		provider, sessions := unique(), c.client.Sessions
		c.works(sessions.LinkMessage(c.Context(), id, receipt.UserMessage.ID, agentmsg.LinkMessageParams{ProviderMsgID: provider, SetStatusToSent: true}))
		for _, status := range [...]agentmsg.MessageStatus{agentmsg.StatusSent, agentmsg.StatusDelivered, agentmsg.StatusRead, agentmsg.StatusFailed} {
			c.works(sessions.UpdateStatus(c.Context(), id, agentmsg.UpdateStatusParams{ProviderMsgID: provider, Status: status}))
		}
		for _, p := range [...]agentmsg.ReactParams{
			{Action: agentmsg.ReactionAdd, Emoji: "👍"}, {Action: agentmsg.ReactionRemove, Emoji: "👍"},
			{Action: agentmsg.ReactionUpsert, Emoji: "❤️"}, {Action: agentmsg.ReactionUpsert},
		} {
			p.ProviderMsgID = provider
			c.works(sessions.React(c.Context(), id, p))
		}
	}},
	{"Sessions.PauseAI and ResumeAI", func(c *check) {
		id, _ := c.session()
		paused, err := c.client.Sessions.PauseAI(c.Context(), id)
		c.works(err)
		is(c, "answer", agentmsg.AIPause{SessionID: id, AIPaused: true, Message: "AI responses paused for this session"}, *paused)
		receipt, err := c.client.Messages.Send(c.Context(), agentmsg.SendMessageParams{Channel: c.channel(), SessionID: id, Content: "Stored"}, c.seen())
		c.works(err)
		is(c, "status of a message while paused", 202, c.last.Status)
		c.receipt(receipt, id, false, "Stored")
		resumed, err := c.client.Sessions.ResumeAI(c.Context(), id)
		c.works(err)
		is(c, "sessionId", id, resumed.SessionID)
		is(c, "aiPaused", false, resumed.AIPaused)
	}},
	{"Kanbans.List", func(c *check) {
		all, err := c.client.Kanbans.List(c.Context(), agentmsg.ListKanbansParams{})
		c.works(err)
		for _, board := range all.Items {
			c.holds("a board has an id", board.ID != "")
			c.holds("a board has a name", board.Name != "")
			c.holds("a board has a creation time in milliseconds", !board.CreatedAt.IsZero())
		}
		one, err := c.client.Kanbans.List(c.Context(), agentmsg.ListKanbansParams{Limit: 1, Accessible: true})
		c.works(err)
		c.holds("limit holds", len(one.Items) <= 1)
		if one.NextToken != "" {
			next, err := c.client.Kanbans.List(c.Context(), agentmsg.ListKanbansParams{Limit: 1, Accessible: true, NextToken: one.NextToken})
			c.works(err)
			c.holds("the next page has other boards", len(next.Items) == 0 || next.Items[0].ID != one.Items[0].ID)
		}
	}},
	{"successes carry the rate limit", func(c *check) {
		if !c.suite.RateLimited {
			c.Skip("the account has no rate limit")
		}
		_, err := c.client.Kanbans.List(c.Context(), agentmsg.ListKanbansParams{}, c.seen())
		c.works(err)
		limit := c.last.RateLimit
		c.holds("X-RateLimit-Limit", limit.Limit > 0)
		c.holds("X-RateLimit-Remaining", 0 <= limit.Remaining && limit.Remaining < limit.Limit)
		c.holds("X-RateLimit-Reset", !limit.Reset.IsZero())
	}},
	{"Connections.List", func(c *check) {
		const kind = "whatsapp_custom_app"
		found, err := c.client.Connections.List(c.Context(), agentmsg.ListConnectionsParams{Type: kind, Limit: 2})
		c.works(err)
		c.holds("limit holds", len(found.Items) <= 2)
		for _, connection := range found.Items {
			is(c, "connectionType", kind, connection.ConnectionType)
			c.holds("a connection has a creation time", !connection.CreatedAt.IsZero())
		}
	}},
}

// receipt is the documented answer to a customer's message.
func (c *check) receipt(r *agentmsg.MessageReceipt, id agentmsg.SessionID, isNew bool, content string) {
	c.Helper()
	is(c, "sessionId", id, r.SessionID)
	is(c, "isNewSession", isNew, r.IsNewSession)
	c.holds("userMessage has an id", r.UserMessage.ID != "")
	is(c, "userMessage.role", agentmsg.RoleUser, r.UserMessage.Role)
	is(c, "userMessage.content", content, r.UserMessage.Content)
	c.justNow("userMessage.timestamp", r.UserMessage.Timestamp)
}

// agentMessage is the documented answer to the business's words.
func (c *check) agentMessage(m *agentmsg.AgentMessage, id agentmsg.SessionID, content string) {
	c.Helper()
	c.holds("the message has an id", m.ID != "")
	c.holds("the message has an agentId", m.AgentID != "")
	is(c, "sessionId", id, m.SessionID)
	is(c, "role", agentmsg.RoleAssistant, m.Role)
	is(c, "content", content, m.Content)
	c.justNow("timestamp", m.Timestamp)
}

// justNow tells milliseconds from seconds; the clocks of two machines differ.
func (c *check) justNow(fact string, at agentmsg.Time) {
	c.Helper()
	c.holds(fact+" is of now, in milliseconds", time.Since(at.Time).Abs() < time.Hour)
}
