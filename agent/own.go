package agent

import (
	"context"
	"fmt"
	"sync"

	"github.com/agentmsg/agentmsg"
)

// ownMessages are the agent messages that this process sends: their events are
// no replies. An event may come before the call that caused it has returned
// the id, so who asks for an id waits until no call of the session is under
// way, or the id is known.
type ownMessages struct {
	mu    sync.Mutex
	ids   recent[agentmsg.MessageID]
	calls map[agentmsg.SessionID]*ownCalls
}

// ownCalls are the calls of a session that are under way.
type ownCalls struct {
	n     int
	ended chan struct{} // closed when one of them has ended, and then replaced
}

// begin says that a call is under way until end is called, with its id or none.
func (o *ownMessages) begin(session agentmsg.SessionID) (end func(agentmsg.MessageID)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.calls == nil {
		o.calls = map[agentmsg.SessionID]*ownCalls{}
	}
	calls := o.calls[session]
	if calls == nil {
		calls = &ownCalls{ended: make(chan struct{})}
		o.calls[session] = calls
	}
	calls.n++
	return func(id agentmsg.MessageID) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if id != "" {
			o.ids.add(id)
		}
		close(calls.ended)
		calls.ended = make(chan struct{})
		if calls.n--; calls.n == 0 {
			delete(o.calls, session)
		}
	}
}

// has tells whether the id is known for one of ours.
func (o *ownMessages) has(id agentmsg.MessageID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ids.has(id)
}

// settled is has once it can be told.
func (o *ownMessages) settled(ctx context.Context, session agentmsg.SessionID, id agentmsg.MessageID) (bool, error) {
	for {
		own, ended := o.look(session, id)
		if own || ended == nil {
			return own, nil
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return false, fmt.Errorf("agentmsg: Take: an agent message of the session is being sent, and its id is not known yet: %w", ctx.Err())
		}
	}
}

// look returns what has does, and what to wait for; nil: nothing.
func (o *ownMessages) look(session agentmsg.SessionID, id agentmsg.MessageID) (own bool, ended <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ids.has(id) {
		return true, nil
	}
	if calls := o.calls[session]; calls != nil {
		return false, calls.ended
	}
	return false, nil
}
