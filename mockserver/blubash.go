package mockserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// contactReply is agentmsg.ContactReply as the vendor writes it: an answer
// that no channel has an id of says null.
type contactReply struct {
	agentmsg.ContactReply
	AIMessages []aiMessage `json:"aiMessages"`
}

type aiMessage struct {
	agentmsg.AIMessage
	ChannelMessageID *string `json:"channel_message_id"`
}

// postContactMessage takes a contact's message and answers when the AI has.
func postContactMessage(x *exchange, p *agentmsg.ContactMessageParams) (result, error) {
	channel := agentmsg.ChannelID(x.r.PathValue("channelId"))
	if !hasBluBash(x.server.world.blubash, channel) {
		return result{}, refuse(http.StatusNotFound, "Channel not found") // ours: 400 is documented too
	}
	said, err := contactSays(p)
	if err != nil {
		return result{}, err
	}
	key := x.r.Header.Get(wire.HeaderIdempotencyKey)
	if key == "" {
		return x.converse(channel, p, said)
	}
	return x.once(replayKey{channel, key}, func() (result, error) { return x.converse(channel, p, said) })
}

// contactSays checks the message and gives its text: of a file its caption, or
// its URL.
func contactSays(p *agentmsg.ContactMessageParams) (string, error) {
	kinds := []string{"TEXT", "IMAGE", "AUDIO", "VIDEO", "DOCUMENT"}
	media := []*agentmsg.ContactMedia{p.Content.Image, p.Content.Audio, p.Content.Video, p.Content.Document}
	kind := slices.Index(kinds, p.Type)
	has := []bool{p.Content.Text != nil, media[0] != nil, media[1] != nil, media[2] != nil, media[3] != nil}
	switch {
	case p.ContactIdentifier == "":
		return "", refuse(http.StatusBadRequest, "contactIdentifier required")
	case kind < 0:
		return "", refuse(http.StatusBadRequest, "type must be one of TEXT, IMAGE, AUDIO, VIDEO, DOCUMENT")
	case !has[kind]:
		return "", refuse(http.StatusBadRequest, "content."+strings.ToLower(p.Type)+" required for type "+p.Type)
	}
	has[kind] = false
	if slices.Contains(has, true) {
		return "", refuse(http.StatusBadRequest, "content must have no member but "+strings.ToLower(p.Type))
	}
	if kind == 0 {
		if p.Content.Text.Body == "" {
			return "", refuse(http.StatusBadRequest, "content.text.body required")
		}
		return p.Content.Text.Body, nil
	}
	file := media[kind-1]
	if !absoluteHTTP(file.URL) {
		return "", refuse(http.StatusBadRequest, "content."+strings.ToLower(p.Type)+".url must be http or https")
	}
	if file.Caption != "" {
		return file.Caption, nil
	}
	return file.URL, nil
}

// converse stores the message, waits for the AI and answers. What the page
// does not name (the team, the price) is ours.
func (x *exchange) converse(channel agentmsg.ChannelID, p *agentmsg.ContactMessageParams, said string) (result, error) {
	s := x.server
	s.mu.Lock()
	contact := s.world.contact(p.ContactIdentifier)
	in := s.world.byPerson[person{channel, p.ContactIdentifier}]
	if in == nil {
		in = s.world.add(Session{
			API: agentmsg.BluBash, ChannelID: channel, Name: p.ContactName, ExternalUserID: p.ContactIdentifier, AgentID: DefaultAgentID,
		})
	}
	x.session = in.ID
	m := s.world.say(in, FromCustomer, said)
	s.change()
	s.mu.Unlock()

	parts, ok := s.ask(in, said)
	if !ok {
		return result{}, errGone
	}
	s.mu.Lock()
	s.reply(in, parts)
	s.mu.Unlock()
	return result{http.StatusOK, contactReply{
		ContactReply: agentmsg.ContactReply{
			Success: true, ContactID: contact, ConversationID: agentmsg.ConversationID(in.ID), MessageID: m.ID,
			Conversation: agentmsg.ContactConversation{Status: "ACTIVE", AIAgentID: string(in.AgentID), AIAgentName: "Mock", TeamID: "team-default", TeamName: "Mock"},
			Usage:        agentmsg.Usage{Credits: json.Number("1")},
		},
		AIMessages: aiMessages(parts),
	}}, nil
}

func aiMessages(parts []string) []aiMessage {
	messages := make([]aiMessage, 0, len(parts)) // none is [], not null
	for _, part := range parts {
		messages = append(messages, aiMessage{AIMessage: agentmsg.AIMessage{
			Content: agentmsg.AIContent{Text: agentmsg.TextBody{Body: part}, Type: "text"},
			Type:    "TEXT", SenderType: "AI", SenderName: "Mock",
		}})
	}
	return messages
}
