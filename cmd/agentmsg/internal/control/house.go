// Package control is the control API of the mock as a program, under /_mock/:
// what the Go surface of package mockserver can do, in JSON, by the same
// functions.
package control

import (
	"net/http"
	"sync"

	"github.com/agentmsg/agentmsg/mockserver"
)

// House has the servers of a program: the default one, and the worlds beside
// it.
type House struct {
	worlds *mockserver.Worlds
	build  func() (*mockserver.Server, error)

	mu     sync.Mutex
	server *mockserver.Server
	closed bool
}

// NewHouse makes the default server by build, which is asked again at each
// reset. It closes what it made, and the worlds, on Close.
func NewHouse(worlds *mockserver.Worlds, build func() (*mockserver.Server, error)) (*House, error) {
	s, err := build()
	if err != nil {
		return nil, err
	}
	return &House{worlds: worlds, build: build, server: s}, nil
}

// Handler is the three APIs, each request in its world.
func (h *House) Handler() http.Handler {
	return h.worlds.Or(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.Default().ServeHTTP(w, r) }))
}

// Default is the server of requests without a test credential.
func (h *House) Default() *mockserver.Server {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.server
}

// Servers are all that live, the default one first.
func (h *House) Servers() []*mockserver.Server {
	return append([]*mockserver.Server{h.Default()}, h.worlds.Servers()...)
}

// Reset has the default server begin anew.
func (h *House) Reset() error {
	s, err := h.build()
	if err != nil {
		return err
	}
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		s.Close()
		return nil
	}
	old := h.server
	h.server = s
	h.mu.Unlock()
	old.Close()
	return nil
}

// Close ends all servers.
func (h *House) Close() {
	h.mu.Lock()
	h.closed = true
	s := h.server
	h.mu.Unlock()
	s.Close()
	h.worlds.Close()
}
