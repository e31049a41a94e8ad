package mockserver

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/agentmsg/agentmsg"
)

// config is what the options have said.
type config struct {
	keys     credentials
	channels []Channel
	blubash  []agentmsg.BluBashChannelID
	sessions []Session
	ai       AI   // nil: the default
	silent   bool // nothing answers
	delay    time.Duration
	hooks    receiver
	url      string
	journal  int

	kanbans     []agentmsg.Kanban
	connections []agentmsg.Connection
	router      *http.ServeMux           // nil: the one of all servers
	extra       map[agentmsg.Op][]string // members
}

const defaultJournal = 10_000

func newConfig(opts []Option) (config, error) {
	c := config{journal: defaultJournal, keys: credentials{Credentials: Credentials{
		MAIAToken: DefaultMAIAToken, BluBashKey: DefaultBluBashKey, ConversationsToken: DefaultConversationsToken,
	}}}
	for _, opt := range opts {
		if opt == nil {
			return c, optionError("an Option", "is nil")
		}
		if err := opt(&c); err != nil {
			return c, err
		}
	}
	if c.channels == nil {
		c.channels = defaultChannels()
	}
	if c.blubash == nil {
		c.blubash = []agentmsg.BluBashChannelID{DefaultBluBashChannelID}
	}
	return c, c.checkSessions()
}

// defaultChannels are one of each type. Ours: the vendor has none.
func defaultChannels() []Channel {
	channels := []Channel{{ID: DefaultChannelID, Identifier: DefaultChannelIdentifier, Type: agentmsg.ChannelTypeAPI, DefaultAgentID: DefaultAgentID}}
	for _, t := range [...]agentmsg.ChannelType{
		agentmsg.ChannelTypeWhatsAppBYOT, agentmsg.ChannelTypeWhatsAppQR, agentmsg.ChannelTypeWhatsAppCloud,
		agentmsg.ChannelTypeWeb, agentmsg.ChannelTypeTelegram, agentmsg.ChannelTypeSMS,
	} {
		channels = append(channels, Channel{ID: agentmsg.ChannelID("channel-" + t), Identifier: string(t), Type: t, DefaultAgentID: DefaultAgentID})
	}
	return channels
}

func optionError(option, reason string) error {
	return fmt.Errorf("mockserver: %s %s", option, reason)
}

func absoluteHTTP(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// checkSessions completes what WithSession gave.
func (c *config) checkSessions() error {
	seen := map[any]bool{} // a place or a person
	for i := range c.sessions {
		x := &c.sessions[i]
		if err := c.completeSession(x); err != nil {
			return err
		}
		here, who := place{x.API, x.ID}, person{x.ChannelID, x.ExternalUserID}
		if x.ID != "" && seen[here] {
			return optionError("WithSession", fmt.Sprintf("gives the session %q a second time", x.ID))
		}
		if x.API == agentmsg.BluBash && seen[who] {
			return optionError("WithSession", fmt.Sprintf("gives the contact %q a second conversation", x.ExternalUserID))
		}
		seen[here] = true
		seen[who] = seen[who] || x.API == agentmsg.BluBash
	}
	return nil
}

func (c *config) completeSession(x *Session) error {
	if x.API == "" {
		x.API = agentmsg.MAIA
	}
	switch x.API {
	case agentmsg.MAIA:
		if x.ChannelID == "" {
			x.ChannelID = c.channels[0].ID
		}
		ch := channelByID(c.channels, x.ChannelID)
		if ch == nil {
			return optionError("WithSession", fmt.Sprintf("names the channel %q, which no WithChannel gives", x.ChannelID))
		}
		if x.AgentID == "" {
			x.AgentID = ch.DefaultAgentID
		}
	case agentmsg.BluBash:
		if x.ChannelID == "" {
			x.ChannelID = agentmsg.ChannelID(c.blubash[0])
		}
		if !hasBluBash(c.blubash, x.ChannelID) {
			return optionError("WithSession", fmt.Sprintf("names the BluBash channel %q, which no WithBluBashChannel gives", x.ChannelID))
		}
		if x.ExternalUserID == "" {
			return optionError("WithSession", "has a BluBash session without ExternalUserID, by which its contact is found")
		}
		x.AgentID = cmp.Or(x.AgentID, DefaultAgentID)
	case agentmsg.Conversations:
		if x.ChannelID != "" {
			return optionError("WithSession", "gives a conversation a channel, which that API does not have")
		}
		x.AgentID = cmp.Or(x.AgentID, DefaultAgentID)
	default:
		return optionError("WithSession", fmt.Sprintf("names an API that there is not: %q", x.API))
	}
	if x.ID == "" && x.API != agentmsg.BluBash {
		return optionError("WithSession", "has an empty ID")
	}
	return nil
}
