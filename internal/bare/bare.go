// Package bare is what a fake costs at least: what the mock is measured beside.
package bare

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
)

// Server takes any JSON object as a message: it decodes it, stores it in a map
// and encodes an answer.
type Server struct {
	mu    sync.Mutex
	store map[string]map[string]any
	n     int
}

// New is a server that has stored nothing.
func New() *Server { return &Server{store: map[string]map[string]any{}} }

// ServeHTTP stores a message.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in map[string]any
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.n++
	id := strconv.Itoa(s.n)
	s.store[id] = in
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(map[string]any{"sessionId": in["sessionId"], "isNewSession": false, "userMessage": map[string]any{
		"id": id, "role": "user", "content": in["content"], "timestamp": 1704067200000,
	}, "message": "Message received. AI response will be delivered via webhook."})
}
