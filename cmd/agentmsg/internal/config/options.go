package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/shape"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/strict"
	"github.com/agentmsg/agentmsg/mockserver"
)

// placed is an option and the path of what said it.
type placed struct {
	path string
	opt  mockserver.Option
}

// Options are what the configuration says, for a server or for worlds. An error
// is a *strict.Error.
func (c *Config) Options() ([]mockserver.Option, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	all, err := c.placed()
	if err != nil {
		return nil, err
	}
	opts := make([]mockserver.Option, len(all))
	for i := range all {
		opts[i] = all[i].opt
	}
	wrong := tried(opts)
	if wrong == nil {
		return opts, nil
	}
	for i := range opts { // the shortest list that fails ends in the mistake
		if err := tried(opts[:i+1]); err != nil {
			return nil, c.wrong(all[i].path, shape.Mistake(err))
		}
	}
	return nil, wrong
}

// wrong is a mistake in the file.
func (c *Config) wrong(path, text string) error {
	return &strict.Error{At: c.Places.Of(path), Path: path, Text: text}
}

// tried is what package mockserver says of options.
func tried(opts []mockserver.Option) error {
	s, err := mockserver.New(opts...)
	if err != nil {
		return err
	}
	s.Close()
	return nil
}

func (c *Config) placed() ([]placed, error) {
	var all []placed
	add := func(path string, opt mockserver.Option) { all = append(all, placed{path, opt}) }
	for i, ch := range c.channels() {
		add(fmt.Sprintf("channels[%d]", i), mockserver.WithChannel(ch.channel(c.Agents)))
	}
	for i, id := range c.BluBashChannels {
		add(fmt.Sprintf("bluBashChannels[%d]", i), mockserver.WithBluBashChannel(agentmsg.BluBashChannelID(id)))
	}
	add("kanbans", mockserver.WithKanbans(c.Kanbans...))
	add("connections", mockserver.WithConnections(c.Connections...))
	for i, s := range c.Sessions {
		add(fmt.Sprintf("sessions[%d]", i), mockserver.WithSession(s.Session()))
	}
	for _, op := range slices.Sorted(maps.Keys(c.ExtraFields)) { // so that the same mistake is told each time
		add("extraFields."+op, mockserver.WithExtraFields(agentmsg.Op(op), c.ExtraFields[op]...))
	}
	if c.Webhook.URL != "" {
		add("webhook.url", mockserver.WithWebhook(c.Webhook.URL, c.Webhook.Secret))
	}
	add("aiDelay", mockserver.WithAIDelay(time.Duration(c.AIDelay)))
	if c.Journal != 0 {
		add("journal", mockserver.WithJournal(c.Journal))
	}
	if l := c.RateLimit; l.PerMinute > 0 {
		add("rateLimit", mockserver.WithRateLimit(l.PerMinute, l.PerHour))
	}
	if c.RateLimitStatus != 0 {
		add("rateLimitStatus", mockserver.WithRateLimitStatus(c.RateLimitStatus))
	}
	if len(c.Answers) > 0 {
		add("answers", mockserver.WithNewAI(c.script()))
	}
	for i, given := range c.Faults {
		path := fmt.Sprintf("faults[%d]", i)
		f, err := given.Fault()
		if err != nil {
			return nil, c.wrong(path, err.Error())
		}
		add(path, mockserver.WithFault(f))
	}
	return all, nil
}

// channels are those of the file. Agents without channels are on the mock's own
// ones.
func (c *Config) channels() []Channel {
	if len(c.Channels) > 0 || len(c.Agents) == 0 {
		return c.Channels
	}
	all := []Channel{{ID: mockserver.DefaultChannelID, Identifier: mockserver.DefaultChannelIdentifier}}
	for _, t := range channelTypes()[1:] {
		all = append(all, Channel{ID: "channel-" + t, Identifier: t, Type: t})
	}
	return all
}

// channelTypes are those that the mock has a channel of.
func channelTypes() []string {
	return []string{
		string(agentmsg.ChannelTypeAPI), string(agentmsg.ChannelTypeWhatsAppBYOT), string(agentmsg.ChannelTypeWhatsAppQR),
		string(agentmsg.ChannelTypeWhatsAppCloud), string(agentmsg.ChannelTypeWeb), string(agentmsg.ChannelTypeTelegram), string(agentmsg.ChannelTypeSMS),
	}
}

func (ch *Channel) channel(agents []Agent) mockserver.Channel {
	made := mockserver.Channel{
		ID: agentmsg.ChannelID(ch.ID), Identifier: ch.Identifier, Type: agentmsg.ChannelType(ch.Type),
		DefaultAgentID: agentmsg.AgentID(ch.DefaultAgentID), AgentKanbans: map[agentmsg.AgentID]agentmsg.KanbanID{},
		WebhookURL: ch.WebhookURL, WebhookSecret: ch.WebhookSecret, ForwardIncoming: ch.ForwardIncoming,
		StartWithAIPaused: ch.StartWithAIPaused, SplitByBreakline: ch.SplitByBreakline,
		SplitDelay: time.Duration(ch.SplitDelay), AggregationBuffer: time.Duration(ch.AggregationBuffer),
	}
	for _, id := range ch.AllowedAgentIDs {
		made.AllowedAgentIDs = append(made.AllowedAgentIDs, agentmsg.AgentID(id))
	}
	for i, a := range agents {
		if i == 0 {
			made.DefaultAgentID = cmp.Or(made.DefaultAgentID, agentmsg.AgentID(a.ID))
		}
		if ch.AllowedAgentIDs == nil {
			made.AllowedAgentIDs = append(made.AllowedAgentIDs, agentmsg.AgentID(a.ID))
		}
		if a.KanbanID != "" {
			made.AgentKanbans[agentmsg.AgentID(a.ID)] = agentmsg.KanbanID(a.KanbanID)
		}
	}
	for agent, kanban := range ch.AgentKanbans {
		made.AgentKanbans[agentmsg.AgentID(agent)] = agentmsg.KanbanID(kanban)
	}
	return made
}

// check finds what package mockserver would let pass, and is a slip all the
// same.
func (c *Config) check() error {
	if c.Webhook.Secret != "" && c.Webhook.URL == "" {
		return c.wrong("webhook", "a secret without a url")
	}
	for i, a := range c.Agents {
		path := fmt.Sprintf("agents[%d]", i)
		if a.ID == "" {
			return c.wrong(path, "it has no id")
		}
		if slices.ContainsFunc(c.Agents[:i], func(other Agent) bool { return other.ID == a.ID }) {
			return c.wrong(path, fmt.Sprintf("the agent %q is there a second time", a.ID))
		}
	}
	for i, ch := range c.Channels {
		path := fmt.Sprintf("channels[%d]", i)
		if ch.Type != "" && ch.Type != "instagram" && !slices.Contains(channelTypes(), ch.Type) {
			return c.wrong(path+".type", fmt.Sprintf("there is no type %q; there are %s, instagram", ch.Type, strings.Join(channelTypes(), ", ")))
		}
		for _, id := range append([]string{ch.DefaultAgentID}, ch.AllowedAgentIDs...) {
			if err := c.knows(id); err != nil {
				return c.wrong(path, err.Error())
			}
		}
	}
	for i, s := range c.Sessions {
		if err := c.knows(s.AgentID); err != nil {
			return c.wrong(fmt.Sprintf("sessions[%d].agentId", i), err.Error())
		}
	}
	return c.checkAnswers()
}

// knows says whether an agent is among those of the file, where there are any.
func (c *Config) knows(id string) error {
	if id == "" || len(c.Agents) == 0 || slices.ContainsFunc(c.Agents, func(a Agent) bool { return a.ID == id }) {
		return nil
	}
	return errors.New("no agent " + fmt.Sprintf("%q", id) + " is among the agents")
}
