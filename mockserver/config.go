package mockserver

import (
	"fmt"
	"log/slog"
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
	bodies   int // bytes of them that the journal keeps
	faults   []Fault
	limits   limits

	kanbans     []agentmsg.Kanban
	connections []agentmsg.Connection
	router      *http.ServeMux           // nil: the one of all servers
	extra       map[agentmsg.Op][]string // members

	newAI  func() AI    // instead of ai; nil: none
	logger *slog.Logger // nil: nothing is logged
	world  string       // which of Worlds this is; empty: none
	idle   time.Duration
}

const defaultJournal = 10_000

func newConfig(opts []Option) (config, error) {
	c := config{journal: defaultJournal, bodies: maxJournalBytes, keys: credentials{Credentials: Credentials{
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
	if err := c.checkFaults(); err != nil {
		return c, err
	}
	if err := c.limits.check(); err != nil {
		return c, err
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
