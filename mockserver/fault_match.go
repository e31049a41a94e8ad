package mockserver

import (
	"fmt"
	"slices"
	"time"

	"github.com/agentmsg/agentmsg"
)

// injected is a fault at work. Its counts and what it keeps are guarded by the
// server's lock.
type injected struct {
	Fault
	id        string
	seen, hit int
	removed   chan struct{} // closed by remove
	kept      []keptEvent   // by Hold
}

// put puts a fault to work. s.mu is held, or nobody else has s yet.
func (s *Server) put(f Fault) *injected {
	s.putIn++
	at := &injected{Fault: f, id: fmt.Sprintf("fault_%06d", s.putIn), removed: make(chan struct{})}
	s.faults = append(s.faults, at)
	return at
}

// strikes counts one more call or event, and says whether it is hit.
func (f *injected) strikes() bool {
	f.seen++
	n := f.seen - f.Skip
	if n <= 0 || n%max(f.Every, 1) != 0 {
		return false
	}
	f.hit++
	return true
}

func (f *injected) over() bool { return f.Times > 0 && f.hit >= f.Times }

// strike finds the fault that hits, of those that may. s.mu is held.
func (s *Server) strike(may func(*injected) bool) *injected {
	for _, f := range s.faults {
		if !f.over() && may(f) && f.strikes() {
			return f
		}
	}
	return nil
}

// strikeCall finds the fault that hits a call; nil: none. s.mu is held.
func (s *Server) strikeCall(op agentmsg.Op, session agentmsg.SessionID) *injected {
	return s.strike(func(f *injected) bool {
		return !f.ofEvents() && (f.Op == "" || f.Op == op) && (f.Session == "" || f.Session == session)
	})
}

// strikeEvent finds the fault that hits an event; nil: none. Where one waits to
// be overtaken this one overtakes it, and no Reorder counts it. s.mu is held.
func (s *Server) strikeEvent(x *session, d *delivery) *injected {
	return s.strike(func(f *injected) bool {
		return f.ofEvents() && (f.Event == "" || f.Event == d.event) && (f.Session == "" || f.Session == d.session) &&
			(f.Kind != Reorder || x.overtaken == nil)
	})
}

// remove ends a fault and lets go what it held.
func (s *Server) remove(f *injected) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.faults, f)
	if i < 0 {
		return
	}
	s.faults = slices.Delete(s.faults, i, i+1)
	close(f.removed)
	for _, kept := range f.kept {
		s.enqueue(kept.session, kept.event)
	}
	f.kept = nil
	for _, x := range append([]*session{&s.world.account}, s.world.order...) {
		if x.overtaken != nil && x.overtaken.by == f {
			s.letPass(x)
		}
	}
	s.change()
}

// wait takes d, or until the fault is removed; false: one of the two ends came
// first. caller may be nil.
func (f *injected) wait(d time.Duration, server, caller <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.removed:
	case <-server:
		return false
	case <-caller:
		return false
	}
	return true
}

// named is the session that a call names, as far as it is known before the
// work. s.mu is held.
func (x *exchange) named(body any) agentmsg.SessionID {
	switch p := body.(type) {
	case *messageBody:
		return p.SessionID
	case *agentmsg.ConversationMessageParams:
		return agentmsg.SessionID(p.ConversationID)
	case *agentmsg.ContactMessageParams:
		channel := agentmsg.ChannelID(x.r.PathValue("channelId"))
		if in := x.server.world.byPerson[person{channel, p.ContactIdentifier}]; in != nil {
			return in.ID
		}
		return ""
	}
	return x.pathSession()
}
