package agent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
)

// act starts everyone who does something on a side. All chance is drawn here,
// before anything runs.
func (x *side) act(t *testing.T, all *sync.WaitGroup) {
	for i := range 3 + x.r.IntN(3) {
		x.question(t, all, i)
	}
	for range x.r.IntN(4) {
		x.upset(all)
	}
	for _, id := range []agentmsg.SessionID{"x", "y"} {
		if x.oneIn(2) {
			at, n := x.within(0, 30*time.Second), x.r.IntN(100)
			all.Go(func() {
				time.Sleep(at)
				x.server.HumanSays(id, fmt.Sprintf("%s|%s|human %d", x.tenant, id, n))
			})
		}
		if x.oneIn(2) {
			at := x.within(0, 30*time.Second)
			all.Go(func() {
				time.Sleep(at)
				x.sendOwn(t, id)
			})
		}
	}
}

func (x *side) sendOwn(t *testing.T, id agentmsg.SessionID) {
	m, err := x.maia.SendAgentMessage(t.Context(), mockserver.DefaultChannelID, id, agentmsg.AgentMessageParams{
		Content: fmt.Sprintf("%s|%s|own", x.tenant, id),
	})
	if err != nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.own[m.ID] = true
}

// question asks at a random time, and may lose its patience.
func (x *side) question(t *testing.T, all *sync.WaitGroup, i int) {
	a := &scheduled{session: []agentmsg.SessionID{"x", "y"}[x.r.IntN(2)], text: fmt.Sprint("question ", i), stream: x.oneIn(3)}
	at, patience, breakAfter, lazy := x.within(0, 30*time.Second), time.Hour, 100, time.Duration(0)
	if x.oneIn(3) {
		patience = x.within(0, 20*time.Second)
	}
	if x.oneIn(2) {
		breakAfter = 1 + x.r.IntN(2)
	}
	if x.oneIn(3) {
		lazy = x.within(0, 8*time.Second)
	}
	all.Go(func() {
		time.Sleep(at)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		a.began = time.Now()
		q := agent.Question{SessionID: a.session, Text: a.text}
		if a.stream {
			x.stream(ctx, a, q, breakAfter, lazy)
		} else {
			a.answer, a.err = x.maia.Ask(ctx, q)
		}
		x.ended(a)
	})
}

func (x *side) stream(ctx context.Context, a *scheduled, q agent.Question, breakAfter int, lazy time.Duration) {
	for r, err := range x.maia.Replies(ctx, q) {
		if err != nil {
			a.err = err
			continue
		}
		a.got = append(a.got, r)
		if len(a.got) == breakAfter {
			return
		}
		time.Sleep(lazy)
	}
}

// upset has the network and the server misbehave.
func (x *side) upset(all *sync.WaitGroup) {
	message := func(f mockserver.Fault) mockserver.Fault {
		f.Event, f.Skip, f.Times = agentmsg.EventMessage, x.r.IntN(4), 1+x.r.IntN(3)
		return f
	}
	call := func(f mockserver.Fault) mockserver.Fault {
		f.Op, f.Skip, f.Times = agentmsg.OpSend, x.r.IntN(4), 1
		return f
	}
	d := x.within(0, 6*time.Second)
	faults := []mockserver.Fault{
		message(mockserver.Fault{Kind: mockserver.Duplicate, Copies: 2}),
		message(mockserver.Fault{Kind: mockserver.Lose}),
		message(mockserver.Fault{Kind: mockserver.Reorder}),
		message(mockserver.Fault{Op: mockserver.OpWebhook, Kind: mockserver.Delay, Delay: d}),
		message(mockserver.Fault{Kind: mockserver.Hold}),
		call(mockserver.Fault{Kind: mockserver.Delay, Delay: d}),
		call(mockserver.Fault{Kind: mockserver.DropAfterAccept}),
		call(mockserver.Fault{Kind: mockserver.DropBefore}),
		call(mockserver.Fault{Kind: mockserver.Refuse, Status: 400}),
		{Op: agentmsg.OpSendAgentMessage, Kind: mockserver.Delay, Delay: d, Times: 1},
	}
	remove := x.server.Inject(faults[x.r.IntN(len(faults))])
	x.holds = append(x.holds, remove)
	at := x.within(0, time.Minute)
	all.Go(func() {
		time.Sleep(at)
		remove() // what was held comes late
	})
}

// check compares what everyone had with what the server said.
func (x *side) check(t *testing.T) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, a := range x.asks {
		x.checkAsk(t, a)
	}
	x.checkTurns(t)
	arrived := map[agentmsg.MessageID]int{}
	for _, d := range x.server.Deliveries() {
		e, err := agentmsg.ParseEvent(d.Body)
		if m, ok := e.(*agentmsg.MessageEvent); err == nil && ok && d.Status == 200 {
			arrived[m.MessageID]++
		}
	}
	for _, id := range []agentmsg.SessionID{"x", "y"} {
		session, _ := x.server.Session(id)
		for _, m := range session.Messages {
			if m.Source != mockserver.FromAI && m.Source != mockserver.FromHuman {
				continue
			}
			x.count("messages", 1)
			switch had := x.had[m.ID]; {
			case len(had) == 1 && arrived[m.ID] > 0, len(had) <= 1 && arrived[m.ID] == 0:
			default:
				t.Errorf("seed %d: %q was acknowledged %d times, and had by %q\n%s", x.seed, m.Content, arrived[m.ID], had, session)
			}
			x.count("duplicates", max(0, arrived[m.ID]-1))
			if arrived[m.ID] == 0 {
				x.count("unacknowledged", 1)
			}
			if slices.Contains(x.had[m.ID], "function") {
				x.count("function", 1)
			}
		}
		taken, err := x.waiters.Offer(t.Context(), x.tenant+"/"+string(id), message("m"))
		if taken || err != nil {
			t.Errorf("seed %d: a waiter of %s/%s is left (%v)", x.seed, x.tenant, id, err)
		}
	}
}

func (x *side) checkAsk(t *testing.T, a *scheduled) {
	replies := a.got
	switch failed, ok := errors.AsType[*agent.AskError](a.err); {
	case ok:
		x.count("errors", 1)
		replies = append(replies, failed.Replies...)
	case a.err != nil:
		t.Errorf("seed %d: %q failed with a %T", x.seed, a.text, a.err)
	case a.stream && a.ended.Sub(a.began) < 3*time.Second:
		x.count("broken off", 1)
	case a.stream:
		x.count("streams", 1)
	default:
		x.count("answers", 1)
		if a.answer.MaybeEarlier {
			x.count("doubtful", 1)
		}
		replies = append(replies, a.answer.Replies...)
		session, _ := x.server.Session(a.session)
		for _, m := range session.Messages {
			for _, r := range a.answer.Replies {
				if m.ID == a.answer.QuestionID && r.Timestamp.Before(m.Timestamp.Time) {
					t.Errorf("seed %d: %q got %q, which is older", x.seed, a.text, r.Text)
				}
			}
		}
	}
	for _, r := range replies {
		if !x.isOf(a.session, r.Text) {
			t.Errorf("seed %d: %q of %s/%s got %q", x.seed, a.text, x.tenant, a.session, r.Text)
		}
		if x.own[r.MessageID] {
			t.Errorf("seed %d: %q got the own message %q", x.seed, a.text, r.Text)
		}
	}
}

// checkTurns finds a question that was sent before the one before it was over.
func (x *side) checkTurns(t *testing.T) {
	ended := map[string]time.Time{}
	for _, a := range x.asks {
		ended[a.text] = a.ended
	}
	last := map[agentmsg.SessionID]string{}
	requests := x.server.Requests(agentmsg.OpSend) // in the order of their answers
	slices.SortFunc(requests, func(a, b mockserver.Request) int { return a.At.Compare(b.At) })
	for _, r := range requests {
		for _, a := range x.asks {
			if r.Session != a.session || r.At.Before(a.began) || r.At.After(a.ended) || !containsText(r.Body, a.text) {
				continue
			}
			if before := last[a.session]; before != "" && r.At.Before(ended[before]) {
				t.Errorf("seed %d: %q was sent before %q was over", x.seed, a.text, before)
			}
			last[a.session] = a.text
		}
	}
}

func (x *side) count(what string, n int) { x.counts[what] += n }

func containsText(body []byte, text string) bool { return bytes.Contains(body, []byte(`"`+text+`"`)) }
