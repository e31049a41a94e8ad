package openapi_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"
)

// validator is a RoundTripper that has the documents judge what goes through
// it, at once, and keeps it.
type validator struct {
	next      http.RoundTripper
	documents documents
	seen      *seen
}

// RoundTrip implements http.RoundTripper. The bodies are a test's, so they fit
// into memory.
func (v *validator) RoundTrip(r *http.Request) (*http.Response, error) {
	e := &exchange{method: r.Method, url: r.URL, header: r.Header.Clone()}
	out := r.Clone(r.Context())
	if r.Body != nil {
		var err error
		if e.body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
		out.Body = io.NopCloser(bytes.NewReader(e.body)) // its Content-Length is as it was, none of a chunked body
		if len(e.body) == 0 {
			out.Body = http.NoBody
		}
	}
	answer, err := v.next.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	if e.answer, err = io.ReadAll(answer.Body); err != nil {
		return nil, err
	}
	if err := answer.Body.Close(); err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(e.answer))
	e.status, e.answered = answer.StatusCode, answer.Header.Clone()
	v.seen.add(e, v.documents.judge(e))
	return answer, nil
}

// seen are the exchanges of a test, and which operation and status each was.
type seen struct {
	t *testing.T

	mu        sync.Mutex
	exchanges []*exchange
	covered   map[string]bool // "operation status"
}

func (s *seen) add(e *exchange, v verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exchanges = append(s.exchanges, e)
	s.covered[v.operation+" "+v.status] = true
	for _, wrong := range v.wrong {
		s.t.Error(wrong)
	}
}
