package mockserver

import (
	"slices"
	"time"
)

// turn is what a customer said and the AI has not answered yet.
type turn struct {
	text   string
	pauses int // of the session, when the customer spoke
}

// think has the AI answer; false: it is paused, or there is none. s.mu is held.
func (s *Server) think(x *session, text string) bool {
	if s.config.silent || x.AIPaused {
		return false
	}
	if x.channel != nil && x.channel.AggregationBuffer > 0 {
		s.gather(x, text)
	} else {
		s.takeTurnOn(x, text)
	}
	return true
}

// takeTurnOn has the AI answer a text, after those before it. s.mu is held.
func (s *Server) takeTurnOn(x *session, text string) {
	x.turns = append(x.turns, turn{text, x.pauses})
	if len(x.turns) == 1 {
		s.spawn(func() { s.takeTurn(x) })
	}
}

// takeTurn answers the first of a session's messages, and has the next one
// answered after it, also where the AI ended its own goroutine.
func (s *Server) takeTurn(x *session) {
	s.mu.Lock()
	this := x.turns[0]
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		x.turns = x.turns[1:]
		if len(x.turns) > 0 {
			s.spawn(func() { s.takeTurn(x) })
		}
	}()
	if parts, ok := s.ask(x, this.text); ok {
		s.utter(x, this, parts) // unless a pause that came since drops it for good
	}
}

// ask lets the AI think; false: the server was closed meanwhile.
func (s *Server) ask(x *session, text string) ([]string, bool) {
	if !s.sleep(s.config.delay) {
		return nil, false
	}
	if s.config.ai == nil { // the default needs no look at the session
		return []string{"You said: " + text}, true
	}
	s.mu.Lock()
	seen := x.snapshot()
	s.mu.Unlock()
	seen.Messages = slices.DeleteFunc(seen.Messages, func(m StoredMessage) bool { return !m.VisibleToAI })
	parts := s.config.ai(s.ctx, Turn{Session: seen, Text: text})
	return parts, s.ctx.Err() == nil
}

// reply stores and delivers what the AI said. s.mu is held.
func (s *Server) reply(x *session, parts []string) {
	for _, part := range parts {
		s.speak(x, FromAI, words{text: part})
	}
}

// sleep waits; false: the server was closed meanwhile.
func (s *Server) sleep(d time.Duration) bool {
	if d <= 0 {
		return s.ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return s.ctx.Err() == nil
	case <-s.ctx.Done():
		return false
	}
}
