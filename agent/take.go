package agent

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/agentmsg/agentmsg"
)

// How long Take waits for the word of the one who asks. Longer than a moment
// is needed only where a 202 is slow: then the event stays with the question;
// or where the loop over Replies is: then it is refused for now. Well below the
// handler's deadline.
const (
	patience      = 5 * time.Second
	briefPatience = 250 * time.Millisecond // where it may be another process that has the event
)

// Take gives an event to the one who waits for it, and is what
// [agentmsg.WithWebhookTap] calls. taken is false where nobody does: the event
// then goes on to the handler's function, like those that are no replies: the
// customer's words, own agent messages, late parts, all other kinds. An
// ai_pause ends the wait of its session, unless its aiPaused is false, and
// goes on to the function as well, for it is news of the session; it may come
// by the handler of another URL, which needs the same tap.
//
// Its context tells the tenant: of another than [WithTenant]'s nothing is
// taken. Where one handler receives for several agents, its tap gives an event
// to each until one has taken it, or to the tenant's. An event that someone who asked has got already is taken again, and
// nothing happens.
//
// An error says that the [Waiters] failed, that the context ended while the id
// of an agent message was awaited, or that for 5 s a range over Replies has not
// come back for its next part: answer 503, so that MAIA delivers again. A
// repeat is safe.
func (m *MAIA) Take(ctx context.Context, ev agentmsg.Event) (taken bool, err error) {
	if agentmsg.TenantID(ctx) != m.tenant {
		return false, nil
	}
	switch e := ev.(type) {
	case *agentmsg.MessageEvent:
		if isReply(e) {
			return m.takeReply(ctx, e)
		}
	case *agentmsg.AIPauseEvent:
		if e != nil && e.SessionID != "" {
			_, err := m.waiters.Offer(ctx, m.key(e.SessionID), e)
			return false, err
		}
	}
	return false, nil
}

// isReply tells what the business says from all else. A message of nothing is
// none.
func isReply(e *agentmsg.MessageEvent) bool {
	return e != nil && e.SessionID != "" && (e.Direction == agentmsg.DirectionOutgoing || e.Direction == "") &&
		(e.Response != "" || len(e.Attachments) > 0)
}

// mayReply tells what may be a reply to somebody: what the business says, and
// this process did not. A store may give what no Take offered to it.
func (m *MAIA) mayReply(e *agentmsg.MessageEvent) bool { return isReply(e) && !m.own.has(e.MessageID) }

// eventKey names an event among those of all sessions and tenants.
type eventKey struct{ waiter, id string }

// take is a Take that waits for what becomes of its event. What it was told is
// under the agent's lock.
type take struct {
	id         string
	over       chan struct{} // closed when it was told
	told, kept bool
}

// takeReply offers a reply, and then waits until the one who asks has it in
// hand, or lets it go: what is acknowledged is what was received.
func (m *MAIA) takeReply(ctx context.Context, e *agentmsg.MessageEvent) (taken bool, err error) {
	own, err := m.own.settled(ctx, e.SessionID, e.MessageID)
	if own || err != nil {
		return false, err
	}
	key := m.key(e.SessionID)
	t, taken := m.register(key, e)
	if t == nil {
		if !taken {
			m.past.came(key, m.quiet)
		}
		return taken, nil
	}
	taken, err = m.waiters.Offer(ctx, key, e)
	if taken && err == nil {
		t.wait(ctx, m.patienceFor(key))
	}
	switch kept, told, busy := m.unregister(key, t); {
	case told:
		taken = kept
	case busy && taken && err == nil:
		return false, errBusy
	}
	if !taken && err == nil {
		m.past.came(key, m.quiet)
	}
	return taken, err
}

// register has a take wait for its word, unless it can be told at once: then
// it returns nil, and whether the event is taken.
func (m *MAIA) register(key string, e *agentmsg.MessageEvent) (t *take, taken bool) {
	id := e.DedupeKey()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.given.has(eventKey{key, id}) {
		return nil, true
	}
	if a := m.asks[key]; a != nil && a.refuses(e, id) {
		return nil, false
	}
	t = &take{id: id, over: make(chan struct{})}
	m.takes[key] = append(m.takes[key], t)
	return t, false
}

// errBusy is of an event that is held for one who looks at an earlier part. To
// acknowledge it would lose it to the function, should the range be broken off.
var errBusy = errors.New("agentmsg: Take: who ranges over Replies is still at an earlier part: deliver it again")

// unregister ends the wait of a take. told: it was told whether its event is
// kept; else that stays with the store. busy: the word is still to come, from
// one who ranges over Replies.
func (m *MAIA) unregister(key string, t *take) (kept, told, busy bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.takes[key] = slices.DeleteFunc(m.takes[key], func(other *take) bool { return other == t })
	if len(m.takes[key]) == 0 {
		delete(m.takes, key)
	}
	a := m.asks[key]
	return t.kept, t.told, a != nil && a.yield != nil && a.phase == phaseWaiting
}

// patienceFor is how long the one who has the event may need to say so: if it
// is in this process.
func (m *MAIA) patienceFor(key string) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.asks[key] != nil:
		return patience
	case m.opening[key] > 0:
		return briefPatience
	}
	return 0
}

// wait waits until it is told, or long enough.
func (t *take) wait(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-t.over:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// tell gives the word on an event to those whose Take waits for it. It reports
// whether there is any: then a refusal takes the event to the handler's
// function. Without one the event was acknowledged before.
func (m *MAIA) tell(key, id string, kept bool) (heard bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if kept {
		m.given.add(eventKey{key, id})
	}
	for _, t := range m.takes[key] {
		if t.id == id && !t.told {
			t.told, t.kept, heard = true, kept, true
			close(t.over)
		}
	}
	return heard
}
