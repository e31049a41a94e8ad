package bare

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Server is what a fake costs at least: it decodes a message, stores it in a map
// and encodes an answer.
type Server struct {
	mu    sync.Mutex
	store map[string]message
	n     int
}

type message struct {
	Content        string `json:"content"`
	Channel        string `json:"fromChannelIdentifier"`
	SessionID      string `json:"sessionId"`
	ExternalUserID string `json:"externalUserId"`
}

type receipt struct {
	SessionID    string `json:"sessionId"`
	IsNewSession bool   `json:"isNewSession"`
	UserMessage  stored `json:"userMessage"`
	Message      string `json:"message"`
}

type stored struct {
	ID        string `json:"id"`
	Role      string `json:"role"`
	Content   string `json:"content"`
	Timestamp int64  `json:"timestamp"`
}

// NewServer has stored nothing.
func NewServer() *Server { return &Server{store: map[string]message{}} }

// ServeHTTP stores a message.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in message
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
	_ = json.NewEncoder(w).Encode(receipt{
		SessionID: in.SessionID, UserMessage: stored{id, "user", in.Content, 1704067200000},
		Message: "Message received. AI response will be delivered via webhook.",
	})
}

// Message is the JSON of a message of 400 bytes in a session, for a fake.
func Message(session string) string {
	const frame = `{"content":"%s","fromChannelIdentifier":"support","sessionId":"%s","externalUserId":"customer-123"}`
	return fmt.Sprintf(frame, strings.Repeat("x", 404-len(frame)-len(session)), session)
}
