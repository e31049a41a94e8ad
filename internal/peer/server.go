package peer

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// Act is what a server does with a request that it has read whole; false: the
// connection is over.
type Act func(c net.Conn, r *http.Request) (keep bool)

// Greeting is what a server does with its nth connection (from 0) before it
// reads; false: the connection is over.
type Greeting func(nth int, c net.Conn) (keep bool)

// Server speaks HTTP/1. It has a script for its first requests and answers the
// others well.
type Server struct {
	Loopback
	greet Greeting

	mu       sync.Mutex
	script   []Act
	requests []*http.Request // read whole
}

// New is a server with this script.
func New(tb testing.TB, script ...Act) *Server {
	tb.Helper()
	return Greeted(tb, nil, script...)
}

// Greeted is one that greets each connection.
func Greeted(tb testing.TB, greet Greeting, script ...Act) *Server {
	tb.Helper()
	s := &Server{greet: greet, script: script}
	s.listen(tb, nil, s.talk)
	return s
}

// NewTLS speaks HTTPS. A client with the second value trusts it.
func NewTLS(tb testing.TB, script ...Act) (*Server, *tls.Config) {
	tb.Helper()
	s := &Server{script: script}
	own, trusting := certificate()
	s.listen(tb, own, s.talk)
	return s, trusting
}

func (s *Server) talk(nth int, c net.Conn) {
	if s.greet != nil && !s.greet(nth, c) {
		return
	}
	for in := bufio.NewReader(c); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(r.Body); err != nil {
			return
		}
		r.Body = io.NopCloser(&body)
		if !s.next(r)(c, r) {
			return
		}
	}
}

func (s *Server) next(r *http.Request) Act {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.requests)
	s.requests = append(s.requests, r)
	if n < len(s.script) {
		return s.script[n]
	}
	return Well
}

// Seen is how many whole requests have arrived.
func (s *Server) Seen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// Request is the nth of them (from 0).
func (s *Server) Request(n int) *http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[n]
}
