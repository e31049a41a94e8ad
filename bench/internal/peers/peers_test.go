package peers_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/agentmsg/agentmsg/bench/internal/peers"
	"github.com/stretchr/testify/require"
)

// Every peer's call succeeds in memory and over loopback, and none has another's
// path.
func TestPeers(t *testing.T) {
	all := peers.All()
	server := httptest.NewServer(peers.Handler(all))
	defer server.Close()
	paths := map[string]bool{}
	for _, p := range all {
		require.False(t, paths[p.Path], p.Path)
		paths[p.Path] = true
		require.InDelta(t, 240, len(p.Answer), 30, p.Name)
		call, err := p.New("https://peer.test", &http.Client{Transport: peers.InMemory(all)})
		require.NoError(t, err, p.Name)
		require.NoError(t, call(t.Context()), p.Name)
		call, err = p.New(server.URL, server.Client())
		require.NoError(t, err, p.Name)
		require.NoError(t, call(t.Context()), p.Name)
	}
}
