package peers_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/agentmsg/agentmsg/bench/internal/peers"
	"github.com/stretchr/testify/require"
)

// Every peer's call succeeds in memory and over loopback, its request and its
// answer are as long as the others', and none has another's path.
func TestPeers(t *testing.T) {
	all := peers.All()
	server := httptest.NewServer(peers.Handler(all))
	defer server.Close()
	paths := map[string]bool{}
	for _, p := range all {
		require.False(t, paths[p.Path], p.Path)
		paths[p.Path] = true
		require.InDelta(t, 240, len(p.Answer), 30, p.Name)
		sent := &length{next: peers.InMemory(all)}
		call, err := p.New("https://peer.test", &http.Client{Transport: sent})
		require.NoError(t, err, p.Name)
		require.NoError(t, call(t.Context()), p.Name)
		require.InDelta(t, 210, sent.last, 15, p.Name)
		call, err = p.New(server.URL, server.Client())
		require.NoError(t, err, p.Name)
		require.NoError(t, call(t.Context()), p.Name)
	}
}

// length is that of the last request's body.
type length struct {
	next http.RoundTripper
	last int
}

func (l *length) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	l.last, req.Body = len(body), io.NopCloser(bytes.NewReader(body))
	return l.next.RoundTrip(req)
}
