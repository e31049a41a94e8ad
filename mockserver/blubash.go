package mockserver

import (
	"cmp"
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

// contactEndpoint takes out of the body what the vendor's page does not have:
// the client has one type for the files of a contact, of which not each has a
// name and a caption.
func contactEndpoint() *endpoint {
	e := on(postContactMessage, wire.SendContactMessage)
	content := e.shape.members["content"]
	for _, kind := range [...]string{"image", "audio", "video"} {
		delete(content.members[kind].members, "filename")
	}
	delete(content.members["audio"].members, "caption")
	return e
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
	given := membersOf(&p.Content)
	member := strings.ToLower(p.Type)
	switch {
	case p.ContactIdentifier == "":
		return "", refuse(http.StatusBadRequest, "contactIdentifier required")
	case !slices.Contains([]string{"TEXT", "IMAGE", "AUDIO", "VIDEO", "DOCUMENT"}, p.Type):
		return "", refuse(http.StatusBadRequest, "type must be one of TEXT, IMAGE, AUDIO, VIDEO, DOCUMENT")
	case !slices.Contains(given, member):
		return "", refuse(http.StatusBadRequest, "content."+member+" required for type "+p.Type)
	case len(given) > 1:
		return "", refuse(http.StatusBadRequest, "content must have no member but "+member)
	case p.Content.Text != nil && p.Content.Text.Body == "":
		return "", refuse(http.StatusBadRequest, "content.text.body required")
	case p.Content.Text != nil:
		return p.Content.Text.Body, nil
	}
	file := cmp.Or(p.Content.Image, p.Content.Audio, p.Content.Video, p.Content.Document)
	if !absoluteHTTP(file.URL) {
		return "", refuse(http.StatusBadRequest, "content."+member+".url must be http or https")
	}
	return cmp.Or(file.Caption, file.URL), nil
}

// membersOf are the names of the members that a content has.
func membersOf(c *agentmsg.ContactContentBody) []string {
	var given []string
	if c.Text != nil {
		given = append(given, "text")
	}
	for _, m := range [...]struct {
		name string
		file *agentmsg.ContactMedia
	}{{"image", c.Image}, {"audio", c.Audio}, {"video", c.Video}, {"document", c.Document}} {
		if m.file != nil {
			given = append(given, m.name)
		}
	}
	return given
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
	m := s.world.say(in, FromCustomer, words{text: said})
	silent := s.config.silent || in.AIPaused
	s.change()
	s.mu.Unlock()

	var parts []string
	if !silent {
		var ok bool
		if parts, ok = s.ask(in, said); !ok {
			return result{}, errGone
		}
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
