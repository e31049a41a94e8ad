package agentmsg_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
)

// tripFunc is a RoundTripper in one function, for tests in a bubble.
type tripFunc func(*http.Request) (*http.Response, error)

func (f tripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// memoryServer answers the nth request by the nth function, further ones well, and
// keeps the times.
type memoryServer struct {
	mu     sync.Mutex
	script []tripFunc
	at     []time.Time
}

func inMemoryOf(script ...tripFunc) *memoryServer { return &memoryServer{script: script} }

func (m *memoryServer) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	n := len(m.at)
	m.at = append(m.at, time.Now())
	m.mu.Unlock()
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	if n < len(m.script) {
		return m.script[n](r)
	}
	return memorySays(200, nil, peer.Good)(r)
}

// waited is how long it was between the first two requests.
func (m *memoryServer) waited() time.Duration { return m.at[1].Sub(m.at[0]) }

func (m *memoryServer) client() agentmsg.Option {
	return agentmsg.WithHTTPClient(&http.Client{Transport: m})
}

func memorySays(status int, header http.Header, body string) tripFunc {
	if header == nil {
		header = http.Header{}
	}
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}, nil
	}
}

func memoryFails(err error) tripFunc {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// memoryHangs says nothing until the request's context ends.
func memoryHangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// memoryDrips is an answer whose body hangs.
func memoryDrips(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(hangingBody{r.Context()}), ContentLength: -1}, nil
}

type hangingBody struct{ ctx context.Context }

func (b hangingBody) Read([]byte) (int, error) { <-b.ctx.Done(); return 0, b.ctx.Err() }
