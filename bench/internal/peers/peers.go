// Package peers is one call of each SDK that the report measures: a message of
// some 200 bytes is sent, an answer of some 240 is read, each as its own API
// writes them. What is used is what its documentation shows, an http.Client is
// injected, and retries are as they come.
package peers

import (
	"context"
	"io"
	"net/http"

	"github.com/agentmsg/agentmsg/internal/bare"
)

// Call is one call of a ready client.
type Call func(ctx context.Context) error

// Peer is a way to make a call.
type Peer struct {
	Name   string
	Module string // empty: of the standard library alone
	// Retries says that it repeats failed calls without being asked.
	Retries bool
	// Library says that it is one to send HTTP with, which this module stands on,
	// and no SDK.
	Library bool
	// Path is where its call goes, and Status and Answer what it gets there.
	Path   string
	Status int
	Answer string
	// New makes a client for a base URL without a path or a slash at its end.
	New func(base string, h *http.Client) (Call, error)
}

const (
	token   = bare.Token
	content = "Hello, I need help!"
	long    = content + " " +
		"This is the Customer Support Chat 550e8400-e29b-41d4-a716-446655440000, for the customer with the number customer-123, through the support channel. Please answer before noon, thank you."
)

// text is a message's that brings a request up to the size of the others.
func text(length int) string { return long[:length] }

// All are the peers, the floor first; with the tag light those whose build takes
// minutes are left out.
func All() []Peer {
	return append([]Peer{Floor, control, Agentmsg, bounded, tuned, retryable, gitHub, slackPeer, resendPeer, svixPeer}, heavy()...)
}

// InMemory answers the calls of peers at once.
func InMemory(peers []Peer) http.RoundTripper {
	answers := bare.InMemory{}
	for _, p := range peers {
		answers[p.Path] = bare.Answer{Status: p.Status, Body: []byte(p.Answer)}
	}
	return answers
}

// Handler is a server of the same answers.
func Handler(peers []Peer) http.Handler {
	mux := http.NewServeMux()
	for _, p := range peers {
		body := []byte(p.Answer)
		mux.HandleFunc("POST "+p.Path, func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(p.Status)
			_, _ = w.Write(body)
		})
	}
	return mux
}
