package mockserver

// begin counts one piece of work; false: the server is closed. s.mu is held.
func (s *Server) begin() bool {
	if s.closed {
		return false
	}
	s.busy++
	s.work.Add(1)
	return true
}

// end takes off what begin counted.
func (s *Server) end() {
	s.mu.Lock()
	s.ended()
	s.mu.Unlock()
	s.work.Done()
}

// ended is end's share that needs s.mu, which is held.
func (s *Server) ended() {
	s.busy--
	s.change()
}

// spawn runs f as a piece of work, unless the server is closed. s.mu is held.
func (s *Server) spawn(f func()) {
	if !s.begin() {
		return
	}
	go func() {
		defer s.end()
		f()
	}()
}

// change wakes those who wait for another state. s.mu is held.
func (s *Server) change() {
	s.changes++
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}
