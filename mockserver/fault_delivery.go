package mockserver

import "time"

// keptEvent is an event that Hold keeps, and the session that it is for.
type keptEvent struct {
	session *session
	event   *delivery
}

// overtaken is an event that waits for the next one of its session.
type overtaken struct {
	event  *delivery
	by     *injected
	passed chan struct{} // closed once it is in the outbox
}

// overtakeLife is how long Reorder waits for a next event. Ours.
const overtakeLife = time.Second

// route gives an event to its session's outbox, by way of the fault that hits
// it. s.mu is held.
func (s *Server) route(x *session, d *delivery) {
	d.fault = s.strikeEvent(x, d)
	if d.fault != nil {
		switch d.fault.Kind {
		case Lose:
			delete(s.pending, d)
			return
		case Hold:
			d.fault.kept = append(d.fault.kept, keptEvent{x, d})
			return
		case Reorder:
			s.waitToBePassed(x, d)
			return
		}
	}
	s.enqueue(x, d)
	s.letPass(x)
}

// waitToBePassed keeps an event until the next one of its session. s.mu is
// held.
func (s *Server) waitToBePassed(x *session, d *delivery) {
	o := &overtaken{event: d, by: d.fault, passed: make(chan struct{})}
	x.overtaken = o
	s.spawn(func() {
		if !s.sleepUntil(o.passed, overtakeLife) {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if x.overtaken == o {
			s.letPass(x)
		}
	})
}

// sleepUntil waits for an end or for a time; false: there is nothing left to
// wait for, as the end came or the server was closed.
func (s *Server) sleepUntil(end <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-end:
	case <-s.ctx.Done():
	}
	return false
}

// letPass sends the event that waits to be overtaken. s.mu is held.
func (s *Server) letPass(x *session) {
	if o := x.overtaken; o != nil {
		x.overtaken = nil
		close(o.passed)
		s.enqueue(x, o.event)
	}
}

// begun makes an event's first attempt, and what a fault adds before and after
// it; true: there is nothing more to do.
func (s *Server) begun(d *delivery) (settled bool) {
	f := d.fault
	if f != nil && f.Kind == Delay && !f.wait(f.Delay, s.ctx.Done(), nil) {
		return true
	}
	settled = s.attempt(d)
	if f != nil && f.Kind == Duplicate {
		for range max(f.Copies, 1) {
			if s.ctx.Err() != nil { // of any number of copies the rest
				return true
			}
			settled = s.attempt(d) || settled
		}
	}
	return settled
}

// wrongSecret is what BadSignature signs with that was given no other.
const wrongSecret = "mock-wrong-secret"

// secret is what an event is signed with.
func (d *delivery) secret() string {
	switch {
	case d.fault == nil || d.fault.Kind != BadSignature:
		return d.to.secret
	case d.fault.Secret == "":
		return wrongSecret
	}
	return d.fault.Secret
}
