package mockserver

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
)

// Option configures a server. Options are applied in order and checked at
// once.
type Option func(*config) error

// Credentials are what the server takes. In [WithCredentials] and
// [Server.SetCredentials] an empty field keeps what was.
type Credentials struct {
	MAIAToken          agentmsg.Secret
	BluBashKey         agentmsg.Secret
	ConversationsToken agentmsg.Secret
}

// Channel is a MAIA channel.
type Channel struct {
	// ID and Identifier are required; each is unique, the identifier within
	// its type.
	ID         agentmsg.ChannelID
	Identifier string
	// Type is what it is; empty: api.
	Type agentmsg.ChannelType
	// DefaultAgentID answers; empty: [DefaultAgentID].
	DefaultAgentID agentmsg.AgentID
	// AllowedAgentIDs may take a session over, besides the default.
	AllowedAgentIDs []agentmsg.AgentID
	// AgentKanbans gives each agent's sessions a board.
	AgentKanbans map[agentmsg.AgentID]agentmsg.KanbanID
	// WebhookURL and WebhookSecret are its own receiver; empty: the server's.
	WebhookURL, WebhookSecret string
	// ForwardIncoming sends the customer's messages to the webhook too, and a
	// direction with every message.
	ForwardIncoming bool
	// StartWithAIPaused pauses the AI in a new session.
	StartWithAIPaused bool
	// SplitByBreakline makes a message of each line of an answer; empty lines
	// are dropped. [Server.AISays] is no answer, and stays one message.
	SplitByBreakline bool
	// SplitDelay lies between the messages of one answer, of which the first
	// goes at once; 0: all do. Ours: also where it is the AI that gave several.
	SplitDelay time.Duration
	// AggregationBuffer is how long the AI waits for more of the customer's
	// messages; each begins the wait anew, and all of them are one [Turn]. A
	// pause drops what was waited with, for good. 0: the AI answers each.
	AggregationBuffer time.Duration
}

// AI answers a customer. Each string is one message, unless its channel has
// SplitByBreakline; none: it stays silent. ctx ends with [Server.Close], and
// the AI must return then. It must be safe for concurrent use: of one session
// turns come one after another, different sessions run side by side, and so do
// BluBash calls. Ours.
type AI func(ctx context.Context, turn Turn) []string

// Turn is what the AI is asked.
type Turn struct {
	// Session is as it stands when the AI begins, the customer's message last
	// unless others spoke since.
	Session Session
	// Text is what the customer said: more than one message where the channel
	// has an AggregationBuffer, joined by line breaks.
	Text string
}

// WithCredentials sets what the server takes instead of the defaults.
func WithCredentials(c Credentials) Option {
	return func(cfg *config) error {
		cfg.keys.replace(c)
		cfg.keys.revoked = nil // the default was never anyone's
		return nil
	}
}

// WithChannel adds a MAIA channel. The first replaces the default ones.
func WithChannel(c Channel) Option {
	return func(cfg *config) error {
		if c.Type == "" {
			c.Type = agentmsg.ChannelTypeAPI
		}
		if c.DefaultAgentID == "" {
			c.DefaultAgentID = DefaultAgentID
		}
		switch {
		case c.ID == "":
			return optionError("WithChannel", "has an empty ID")
		case c.Identifier == "":
			return optionError("WithChannel", "has an empty Identifier")
		case c.WebhookURL != "" && !absoluteHTTP(c.WebhookURL):
			return optionError("WithChannel", "has a WebhookURL that is not absolute http or https")
		case c.SplitDelay < 0:
			return optionError("WithChannel", "has a negative SplitDelay")
		case c.AggregationBuffer < 0:
			return optionError("WithChannel", "has a negative AggregationBuffer")
		}
		for _, other := range cfg.channels {
			if other.ID == c.ID || other.Identifier == c.Identifier && other.Type == c.Type {
				return optionError("WithChannel", fmt.Sprintf("gives %q (%s, id %q) a second time", c.Identifier, c.Type, c.ID))
			}
		}
		cfg.channels = append(cfg.channels, c)
		return nil
	}
}

// WithBluBashChannel adds a BluBash channel. The first replaces the default one.
func WithBluBashChannel(id agentmsg.BluBashChannelID) Option {
	return func(cfg *config) error {
		if id == "" {
			return optionError("WithBluBashChannel", "has an empty id")
		}
		cfg.blubash = append(cfg.blubash, id)
		return nil
	}
}

// WithSession adds a session that is already there. Nothing is sent of it. An
// empty API means MAIA, an empty channel the first one. A BluBash session is
// found by its ExternalUserID, the others by their ID.
func WithSession(x Session) Option {
	return func(cfg *config) error {
		cfg.sessions = append(cfg.sessions, x)
		return nil
	}
}

// WithAI sets what answers the customers; nil: nothing does.
func WithAI(ai AI) Option {
	return func(cfg *config) error {
		cfg.ai, cfg.newAI, cfg.silent = ai, nil, ai == nil
		return nil
	}
}

// WithNewAI is [WithAI] with one AI for each server: newAI is called once for
// each that is made, of which [NewWorlds] makes many. For an AI that remembers
// what it has said, like a script.
func WithNewAI(newAI func() AI) Option {
	return func(cfg *config) error {
		if newAI == nil {
			return optionError("WithNewAI", "has a nil function")
		}
		cfg.ai, cfg.newAI, cfg.silent = nil, newAI, false
		return nil
	}
}

// WithAIDelay sets how long the AI thinks before it is asked; 0: not at all.
func WithAIDelay(d time.Duration) Option {
	return func(cfg *config) error {
		if d < 0 {
			return optionError("WithAIDelay", "is negative")
		}
		cfg.delay = d
		return nil
	}
}

// WithWebhook sets where every channel delivers that has no URL of its own,
// and where account events go. An empty secret means [DefaultWebhookSecret].
func WithWebhook(url, secret string) Option {
	return func(cfg *config) error {
		if !absoluteHTTP(url) {
			return optionError("WithWebhook", "has a URL that is not absolute http or https, like http://127.0.0.1:8080/webhook")
		}
		cfg.hooks = receiver{url: url, secret: secret}
		return nil
	}
}

// WithWebhookHandler delivers every event to h in memory. The requests name
// the channel's WebhookURL, or http://app.test/webhook. An empty secret means
// [DefaultWebhookSecret].
func WithWebhookHandler(h http.Handler, secret string) Option {
	return func(cfg *config) error {
		if h == nil {
			return optionError("WithWebhookHandler", "has a nil handler")
		}
		cfg.hooks = receiver{handler: h, secret: secret}
		return nil
	}
}

// WithJournal sets how many requests, and how many deliveries, the journal
// keeps; the default is 10,000.
func WithJournal(n int) Option {
	return func(cfg *config) error {
		if n < 1 {
			return optionError("WithJournal", "keeps less than one record")
		}
		cfg.journal = n
		return nil
	}
}

// WithURL says where the server of [New] is reached: its [Server.URL].
func WithURL(base string) Option {
	return func(cfg *config) error {
		if !absoluteHTTP(base) {
			return optionError("WithURL", "is not absolute http or https, like https://mock.example.com")
		}
		cfg.url = strings.TrimRight(base, "/")
		return nil
	}
}
