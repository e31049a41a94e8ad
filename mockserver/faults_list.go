package mockserver

import (
	"errors"
	"slices"
)

// ActiveFault is a fault at work.
type ActiveFault struct {
	// ID is the server's.
	ID string
	Fault
	// Seen is how many calls or events it has counted, and Hit how many of them
	// it hit.
	Seen, Hit int
}

// AddFault is [Server.Inject] for programs, which come by their faults from
// outside: one that can hit nothing is an error that says why. The ID is for
// [Server.RemoveFault].
func (s *Server) AddFault(f Fault) (id string, err error) {
	if reason := f.check(&s.config); reason != "" {
		return "", errors.New("mockserver: the fault " + reason)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(f).id, nil
}

// Faults are those at work, in the order of their injection: those of
// [WithFault] first. One that has hit as often as it may is among them until it
// is removed.
func (s *Server) Faults() []ActiveFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]ActiveFault, len(s.faults))
	for i, f := range s.faults {
		all[i] = ActiveFault{ID: f.id, Fault: f.Fault, Seen: f.seen, Hit: f.hit}
	}
	return all
}

// RemoveFault ends a fault, as the function that [Server.Inject] returns does.
// false: none at work has the ID.
func (s *Server) RemoveFault(id string) bool {
	s.mu.Lock()
	i := slices.IndexFunc(s.faults, func(f *injected) bool { return f.id == id })
	if i < 0 {
		s.mu.Unlock()
		return false
	}
	f := s.faults[i]
	s.mu.Unlock()
	s.remove(f)
	return true
}
