package conformance

import (
	"strings"

	"github.com/agentmsg/agentmsg"
)

// maiaRefusals are MAIA's documented errors. The client checks most params
// itself, so what must be wrong goes by Do. Not here, because no account could
// show them again and again: 401 "Token revoked", 403, 429 and 500.
var maiaRefusals = []test{
	{"400 content missing", func(c *check) {
		err := c.post(agentmsg.MAIA, c.members("sessionId", unique()), "messages")
		c.refused(err, agentmsg.APIError{Status: 400, Code: agentmsg.ErrBadRequest, Reason: "Bad Request", Message: "content or attachments required"})
	}},
	{"400 content empty", func(c *check) {
		err := c.post(agentmsg.MAIA, c.members("sessionId", unique(), "content", ""), "messages")
		c.refused(err, agentmsg.APIError{Status: 400, Code: agentmsg.ErrBadRequest, Reason: "Bad Request", Message: "content or attachments required"})
	}},
	{"400 fromChannelIdentifier missing", func(c *check) {
		c.refused(c.post(agentmsg.MAIA, map[string]any{"content": "Hello"}, "messages"), badRequest)
	}},
	{"400 externalUserId of an echo missing", func(c *check) {
		c.refused(c.post(agentmsg.MAIA, c.members("content", "Hello", "isEcho", true), "messages"), badRequest)
	}},
	{"400 more than 10 attachments", func(c *check) {
		file := agentmsg.Attachment{FileKey: "attachments/none", FileName: "a.txt", ContentType: "text/plain", Size: 1}
		files := make([]agentmsg.Attachment, 11)
		for i := range files {
			files[i] = file
		}
		c.refused(c.post(agentmsg.MAIA, c.members("content", "Hello", "attachments", files), "messages"), badRequest)
	}},
	{"400 content of an agent message missing", func(c *check) {
		channel := c.channelID()
		id, _ := c.session()
		c.refused(c.post(agentmsg.MAIA, map[string]any{}, "channels", string(channel), "sessions", string(id), "agent-messages"), badRequest)
	}},
	{"400 content of a note missing", func(c *check) {
		channel := c.channelID()
		id, _ := c.session()
		c.refused(c.post(agentmsg.MAIA, map[string]any{"isNote": true}, "channels", string(channel), "sessions", string(id), "agent-messages"), badRequest)
	}},
	{"400 note over 10,000 characters", func(c *check) {
		channel := c.channelID()
		id, _ := c.session()
		_, err := c.client.Channels.AddNote(c.Context(), channel, id, agentmsg.NoteParams{Content: strings.Repeat("é", 10_000)})
		c.works(err)
		_, err = c.client.Channels.AddNote(c.Context(), channel, id, agentmsg.NoteParams{Content: strings.Repeat("é", 10_001)})
		c.refused(err, badRequest)
	}},
	{"400 aiPaused missing", func(c *check) {
		id, _ := c.session()
		_, err := agentmsg.Do[struct{}](c.Context(), c.client, agentmsg.Request{
			API: agentmsg.MAIA, Method: "PATCH", Path: []string{"sessions", string(id), "ai-paused"}, Body: map[string]any{},
		})
		c.refused(err, badRequest)
	}},
	{"400 status that is none", func(c *check) {
		id, receipt := c.session()
		provider := unique()
		c.works(c.client.Sessions.LinkMessage(c.Context(), id, receipt.UserMessage.ID, agentmsg.LinkMessageParams{ProviderMsgID: provider}))
		c.refused(c.client.Sessions.UpdateStatus(c.Context(), id, agentmsg.UpdateStatusParams{ProviderMsgID: provider, Status: "lost"}), badRequest)
	}},
	{"400 reaction action that is none", func(c *check) {
		id, receipt := c.session()
		provider := unique()
		c.works(c.client.Sessions.LinkMessage(c.Context(), id, receipt.UserMessage.ID, agentmsg.LinkMessageParams{ProviderMsgID: provider}))
		c.refused(c.client.Sessions.React(c.Context(), id, agentmsg.ReactParams{ProviderMsgID: provider, Action: "toggle", Emoji: "👍"}), badRequest)
	}},
	{"401", func(c *check) {
		stranger := c.suite.newClient(c.T, agentmsg.WithMAIA("not-a-token"))
		_, err := stranger.Kanbans.List(c.Context(), agentmsg.ListKanbansParams{})
		c.refused(err, agentmsg.APIError{Status: 401, Code: agentmsg.ErrUnauthorized, Reason: "Unauthorized", Message: "Invalid or missing API token"})
	}},
	{"404 session", func(c *check) {
		_, err := c.client.Sessions.PauseAI(c.Context(), agentmsg.SessionID(unique()))
		c.refused(err, notFound)
	}},
	{"404 message", func(c *check) {
		id, _ := c.session()
		err := c.client.Sessions.LinkMessage(c.Context(), id, agentmsg.MessageID(unique()), agentmsg.LinkMessageParams{ProviderMsgID: unique()})
		c.refused(err, notFound)
	}},
	{"404 channel", func(c *check) {
		_, err := c.client.Channels.SendAgentMessage(c.Context(), agentmsg.ChannelID(unique()), agentmsg.SessionID(unique()), agentmsg.AgentMessageParams{Content: "Hello"})
		c.refused(err, notFound)
	}},
	{"404 file", func(c *check) {
		_, err := c.client.Attachments.DownloadURL(c.Context(), "attachments/"+unique()+"/none.txt")
		c.refused(err, notFound)
	}},
}

var (
	badRequest = agentmsg.APIError{Status: 400, Code: agentmsg.ErrBadRequest}
	notFound   = agentmsg.APIError{Status: 404, Code: agentmsg.ErrNotFound}
)

// post sends what the client's own methods would not.
func (c *check) post(api agentmsg.API, body any, path ...string) error {
	_, err := agentmsg.Do[struct{}](c.Context(), c.client, agentmsg.Request{API: api, Method: "POST", Path: path, Body: body})
	return err
}

// members is a body for POST /messages with the channel and what else is given,
// name and value in turn.
func (c *check) members(more ...any) map[string]any {
	c.Helper()
	channel := c.channel()
	body := map[string]any{"fromChannelIdentifier": channel.Identifier, "channelType": channel.Type}
	for i := 0; i < len(more); i += 2 {
		body[more[i].(string)] = more[i+1] // the names are written above
	}
	return body
}
