// Package peers is one call of each SDK that the report measures: a message of
// some 200 bytes is sent, an answer of some 240 is read, each as its own API
// writes them. What is used is what its documentation shows, an http.Client is
// injected, and retries are as they come.
package peers

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

// Call is one call of a ready client.
type Call func(ctx context.Context) error

// Peer is a way to make a call.
type Peer struct {
	Name   string
	Module string // empty: of the standard library alone
	// Retries says that it repeats failed calls without being asked.
	Retries bool
	// Path is where its call goes, and Status and Answer what it gets there.
	Path   string
	Status int
	Answer string
	// New makes a client for a base URL without a path or a slash at its end.
	New func(base string, h *http.Client) (Call, error)
}

const (
	token   = "test-token"
	content = "Hello, I need help!"
)

// All are the peers, the floor first and this module second; with the tag light
// those whose build takes minutes are left out.
func All() []Peer {
	return append([]Peer{floor, agentmsgPeer, bounded, tuned, retryable, gitHub, slackPeer, resendPeer, svixPeer}, heavy()...)
}

// InMemory answers the calls of peers at once, without a socket, the way a server
// would: it reads the body and gives headers of its own.
func InMemory(peers []Peer) http.RoundTripper {
	answers := inMemory{}
	for _, p := range peers {
		answers[p.Path] = answer{p.Status, []byte(p.Answer)}
	}
	return answers
}

type answer struct {
	status int
	body   []byte
}

type inMemory map[string]answer

func (m inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	_ = req.Body.Close()
	a, ok := m[req.URL.Path]
	if !ok {
		a.status = http.StatusNotFound
	}
	return &http.Response{
		StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)), Request: req,
	}, nil
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
