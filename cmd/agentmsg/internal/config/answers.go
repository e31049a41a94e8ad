package config

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/shape"
	"github.com/agentmsg/agentmsg/mockserver"
)

// Answer is what the AI says when its conditions hold; none is needed. Of a
// list the first that holds answers.
type Answer struct {
	// Equals, Contains and Matches are about what the customer said; Matches is
	// a regular expression of Go's.
	Equals   *string `json:"equals"`
	Contains string  `json:"contains"`
	Matches  string  `json:"matches"`

	SessionID string `json:"sessionId"`
	ChannelID string `json:"channelId"`
	AgentID   string `json:"agentId"`

	// Say are the messages; an empty list is silence.
	Say []string `json:"say"`
	// Times is how often it answers in one session; 0: always. After that the
	// next in the list has its turn, so a list of equal conditions is a script.
	Times int `json:"times"`
	// Delay is how long the AI thinks, besides aiDelay.
	Delay shape.Duration `json:"delay"`
}

func (c *Config) checkAnswers() error {
	for i, a := range c.Answers {
		path := fmt.Sprintf("answers[%d]", i)
		_, err := regexp.Compile(a.Matches)
		switch {
		case err != nil:
			return c.wrong(path+".matches", err.Error())
		case a.Say == nil:
			return c.wrong(path, "it has no say: a list of texts, [] for silence")
		case a.Times < 0:
			return c.wrong(path+".times", "a negative number; 0 is always")
		case a.Delay < 0:
			return c.wrong(path+".delay", "a negative time")
		}
		if err := c.knows(a.AgentID); err != nil {
			return c.wrong(path+".agentId", err.Error())
		}
	}
	return nil
}

// script makes an AI for each server: it remembers what it has said.
func (c *Config) script() func() mockserver.AI {
	patterns := make([]*regexp.Regexp, len(c.Answers))
	for i, a := range c.Answers {
		patterns[i] = regexp.MustCompile(a.Matches) // checked
	}
	return func() mockserver.AI {
		s := &script{answers: c.Answers, patterns: patterns, used: map[use]int{}}
		return s.answer
	}
}

// script is the AI of one server.
type script struct {
	answers  []Answer
	patterns []*regexp.Regexp

	mu   sync.Mutex
	used map[use]int
}

// use is of an answer that has a number of times.
type use struct {
	api     agentmsg.API
	session agentmsg.SessionID
	answer  int
}

func (s *script) answer(ctx context.Context, turn mockserver.Turn) []string {
	a := s.pick(turn)
	if a == nil {
		return []string{"You said: " + turn.Text}
	}
	if a.Delay > 0 {
		timer := time.NewTimer(time.Duration(a.Delay))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return a.Say
}

// pick finds the answer, and counts it; nil: none holds.
func (s *script) pick(turn mockserver.Turn) *Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.answers {
		a := &s.answers[i]
		u := use{turn.Session.API, turn.Session.ID, i}
		if !a.holds(turn, s.patterns[i]) || a.Times > 0 && s.used[u] >= a.Times {
			continue
		}
		if a.Times > 0 {
			s.used[u]++
		}
		return a
	}
	return nil
}

func (a *Answer) holds(turn mockserver.Turn, pattern *regexp.Regexp) bool {
	x := turn.Session
	return (a.Equals == nil || *a.Equals == turn.Text) &&
		strings.Contains(turn.Text, a.Contains) && pattern.MatchString(turn.Text) &&
		(a.SessionID == "" || a.SessionID == string(x.ID)) &&
		(a.ChannelID == "" || a.ChannelID == string(x.ChannelID)) &&
		(a.AgentID == "" || a.AgentID == string(x.AgentID))
}
