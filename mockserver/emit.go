package mockserver

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/agentmsg/agentmsg"
)

// Emit sends any bytes, signed, to the account's receiver: the one of
// [WithWebhook], [WithWebhookHandler] and their setters, whatever a channel
// has. They are delivered like every other event: the attempts, the retries,
// and the order with those of the session that they name, if they name one;
// all others come one after another. The state does not change. It returns the
// delivery's ID; without a receiver and after [Server.Close] nothing is sent,
// and the ID is empty.
func (s *Server) Emit(body []byte) (deliveryID string) {
	d := &delivery{body: bytes.Clone(body)}
	if e, err := agentmsg.ParseEvent(body); err == nil { // else it has no type that could be told
		d.event, d.session = e.EventType(), e.Session()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.to = s.hooks.addressed(); s.closed || d.to.url == "" {
		return ""
	}
	d.from = s.world.sessions[place{agentmsg.MAIA, d.session}]
	if d.from == nil {
		d.from = &s.world.account
	}
	s.announce(d)
	return d.id
}

// Redeliver sends an event once more: the same bytes, newly signed, to where it
// went, after what its session has still to send. A failure is not tried again.
// Of a lost event it is the fifth attempt. Ours: the vendor sends nothing again
// once four attempts have failed.
//
// The ID is that of a [Delivery], or what [Server.Emit] returned. One that is
// not known is an error, and so is one that the journal let go: it keeps as
// many events as [WithJournal] says, and 64 MiB of their bodies.
func (s *Server) Redeliver(deliveryID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("mockserver: Redeliver: %w", errClosed)
	}
	events := s.journal.events.kept
	i := slices.IndexFunc(events, func(d *delivery) bool { return d.id == deliveryID })
	if i < 0 {
		return fmt.Errorf("mockserver: Redeliver: no event has the ID %q, or it was one of the %d that the journal let go",
			deliveryID, s.journal.events.dropped())
	}
	d := events[i]
	again := &delivery{ // what changes in d is not ours to read
		id: d.id, event: d.event, session: d.session, from: d.from, to: d.to, body: d.body, attempts: d.attempts, again: true,
	}
	s.pend(again)
	s.enqueue(d.from, again)
	return nil
}

// announce gives an event its ID, and sends it. s.mu is held.
func (s *Server) announce(d *delivery) {
	s.world.events++
	d.id = fmt.Sprintf("evt_%06d", s.world.events)
	d.attempts = new(int)
	s.pend(d)
	s.journal.addEvent(d)
	s.route(d.from, d)
	s.change()
}

// count is the number of the attempt that begins, redeliveries included.
func (s *Server) count(d *delivery) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	*d.attempts++
	return *d.attempts
}

// addEvent keeps an event for a redelivery.
func (j *journal) addEvent(d *delivery) {
	j.events.add(d)
	j.eventBytes += len(d.body)
	for len(j.events.kept) > j.limit || j.eventBytes > j.room {
		j.eventBytes -= len(j.events.drop().body)
	}
}
