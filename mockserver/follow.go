package mockserver

import (
	"net/http"
	"net/url"
	"slices"
)

// RequestsSince are the requests that came after the first n of the server's
// life, the oldest first, and how many there are by now: what the next call
// should ask for. Those that the journal let go are missing. It is for who
// follows the journal, with [Server.Wait].
func (s *Server) RequestsSince(n int) (found []Request, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.journal.requests.since(n) {
		found = append(found, r.clone())
	}
	return found, s.journal.requests.total
}

// DeliveriesSince is [Server.RequestsSince] for deliveries.
func (s *Server) DeliveriesSince(n int) (found []Delivery, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.journal.deliveries.since(n) {
		found = append(found, d.clone())
	}
	return found, s.journal.deliveries.total
}

// Changes counts the changes of the server's state: who finds another number
// than before should look again. With [Server.Wait] it misses none.
func (s *Server) Changes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes
}

// since is what is left of what came after the first n.
func (r *ring[T]) since(n int) []T {
	return r.kept[min(max(n-r.dropped(), 0), len(r.kept)):]
}

func (r Request) clone() Request {
	r.Body, r.Response = slices.Clone(r.Body), slices.Clone(r.Response)
	r.Header, r.Query = r.Header.Clone(), url.Values(http.Header(r.Query).Clone())
	if r.Fault != nil {
		r.Fault = new(*r.Fault)
	}
	return r
}

func (d Delivery) clone() Delivery {
	d.Body, d.Header = slices.Clone(d.Body), d.Header.Clone()
	return d
}
