// Package config reads the configuration of the mock as a program, in YAML or
// JSON, and makes options of package mockserver of it. Its JSON schema is
// [Schema].
package config

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/shape"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/strict"
)

// Schema describes a configuration, in JSON Schema 2020-12.
//
//go:embed schema.json
var Schema []byte

// Config is what a file says. The zero Config is the mock's own defaults.
type Config struct {
	Places strict.Places `json:"-"` // in the file

	Schema          string                `json:"$schema"` // for editors
	Channels        []Channel             `json:"channels"`
	BluBashChannels []string              `json:"bluBashChannels"`
	Agents          []Agent               `json:"agents"`
	Kanbans         []agentmsg.Kanban     `json:"kanbans"`
	Connections     []agentmsg.Connection `json:"connections"`
	Sessions        []shape.Session       `json:"sessions"`
	Answers         []Answer              `json:"answers"`
	Faults          []shape.Fault         `json:"faults"`

	Webhook         Webhook             `json:"webhook"`
	AIDelay         shape.Duration      `json:"aiDelay"`
	RateLimit       RateLimit           `json:"rateLimit"`
	RateLimitStatus int                 `json:"rateLimitStatus"`
	Journal         int                 `json:"journal"`
	ExtraFields     map[string][]string `json:"extraFields"`
}

// Channel is a mockserver.Channel.
type Channel struct {
	ID                string            `json:"id"`
	Identifier        string            `json:"identifier"`
	Type              string            `json:"type"`
	DefaultAgentID    string            `json:"defaultAgentId"`
	AllowedAgentIDs   []string          `json:"allowedAgentIds"`
	AgentKanbans      map[string]string `json:"agentKanbans"`
	WebhookURL        string            `json:"webhookUrl"`
	WebhookSecret     string            `json:"webhookSecret"`
	ForwardIncoming   bool              `json:"forwardIncoming"`
	StartWithAIPaused bool              `json:"startWithAiPaused"`
	SplitByBreakline  bool              `json:"splitByBreakline"`
	SplitDelay        shape.Duration    `json:"splitDelay"`
	AggregationBuffer shape.Duration    `json:"aggregationBuffer"`
}

// Agent is one that may answer. Where there are any, each agent that a channel,
// a session or an answer names must be among them, and channels without
// allowedAgentIds allow all.
type Agent struct {
	ID       string `json:"id"`
	KanbanID string `json:"kanbanId"` // of its sessions, on each channel that names none for it
}

// Webhook is where events go.
type Webhook struct {
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

// RateLimit is written as 120/3000: calls a minute, and an hour.
type RateLimit struct{ PerMinute, PerHour int }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *RateLimit) UnmarshalText(b []byte) error {
	minute, hour, _ := strings.Cut(string(b), "/")
	var err, hourErr error
	l.PerMinute, err = strconv.Atoi(minute)
	l.PerHour, hourErr = strconv.Atoi(hour)
	if err != nil || hourErr != nil || l.PerMinute < 1 || l.PerHour < l.PerMinute {
		return fmt.Errorf("%q is no rate limit: write calls a minute and calls an hour, at least as many, like 120/3000", b)
	}
	return nil
}

// Read reads a file: YAML, or JSON where its name ends in .json. A mistake
// names the file, its line and its column.
func Read(file string) (*Config, error) {
	b, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	parse := strict.YAML
	if strings.EqualFold(filepath.Ext(file), ".json") {
		parse = strict.JSON
	}
	c := &Config{}
	if err := parse(b, c); err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	if _, err := c.Options(); err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	return c, nil
}
