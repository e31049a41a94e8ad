package mockserver

import (
	"slices"
	"time"
)

// turn is a customer's message that the AI has not answered yet.
type turn struct {
	text   string
	pauses int // of the session, when the customer spoke
}

// think has the AI answer, unless it is paused or there is none. s.mu is held.
func (s *Server) think(x *session, text string) {
	if s.config.ai == nil || x.AIPaused {
		return
	}
	x.turns = append(x.turns, turn{text, x.pauses})
	if !x.taking {
		x.taking = true
		s.spawn(func() { s.takeTurns(x) })
	}
}

// takeTurns answers a session's messages one after another.
func (s *Server) takeTurns(x *session) {
	for {
		s.mu.Lock()
		if len(x.turns) == 0 {
			x.taking = false
			s.mu.Unlock()
			return
		}
		next := x.turns[0]
		x.turns = x.turns[1:]
		s.mu.Unlock()
		parts, ok := s.ask(x, next.text)
		if !ok {
			return // closed
		}
		s.mu.Lock()
		if x.pauses == next.pauses && !x.AIPaused {
			s.reply(x, parts)
		}
		s.mu.Unlock()
	}
}

// ask lets the AI think; false: the server was closed meanwhile.
func (s *Server) ask(x *session, text string) ([]string, bool) {
	if s.config.ai == nil {
		return nil, true
	}
	if !s.sleep(s.config.delay) {
		return nil, false
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
		s.speak(x, FromAI, part)
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
