package mockserver

import (
	"cmp"
	"slices"

	"github.com/agentmsg/agentmsg"
)

// Undelivered are the events that were neither delivered nor given up, in the
// order in which they arose: those under way, in wait for a retry, or kept by a
// fault. Each is its last attempt so far; without one, Attempt is 0 and there
// is no Status, Err or Header. After [Server.Close] they are what it cut off.
func (s *Server) Undelivered() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var waiting []*delivery
	for d := range s.pending {
		waiting = append(waiting, d)
	}
	slices.SortFunc(waiting, func(a, b *delivery) int { return cmp.Compare(a.place, b.place) })
	found := make([]Delivery, len(waiting))
	for i, d := range waiting {
		found[i] = d.last
		if d.last.ID == "" {
			found[i] = Delivery{ID: d.id, Event: d.event, Session: d.session, URL: d.to.url}
		}
		found[i].Body, found[i].Header = slices.Clone(d.body), d.last.Header.Clone()
	}
	return found
}

// Unanswered are the sessions whose customer waits for the AI, the oldest
// first: it thinks, waits for more of the customer's messages, or has not said
// all parts of its answer.
func (s *Server) Unanswered() []agentmsg.SessionID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var waiting []agentmsg.SessionID
	for _, x := range s.world.order {
		if len(x.turns) > 0 || x.gathering != nil {
			waiting = append(waiting, x.ID)
		}
	}
	return waiting
}

// pend keeps an event in mind until it is settled. s.mu is held.
func (s *Server) pend(d *delivery) {
	s.sent++
	d.place = s.sent
	s.pending[d] = true
}

// giveUp settles an event that failed for good, unless it was Close that ended
// the last attempt.
func (s *Server) giveUp(d *delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil {
		delete(s.pending, d)
	}
}
