package agentmsg_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// A request's header and JSON leave together: net/http would write the header
// first if it did not know the body's type for one in memory.
func TestRequestIsOneWrite(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(peer.Good)) }))
	defer server.Close()
	var writes atomic.Int32
	base := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return &countingConn{conn, &writes}, err
	}}
	defer base.CloseIdleConnections()
	client, err := agentmsg.NewClient(agentmsg.WithMAIA("test-token"), agentmsg.WithBaseURL(agentmsg.MAIA, server.URL), agentmsg.WithHTTPClient(&http.Client{Transport: base}))
	require.NoError(t, err)
	for n := range 3 {
		_, err = client.Messages.Send(t.Context(), bare.Params[agentmsg.SendMessageParams]())
		require.NoError(t, err)
		require.EqualValues(t, n+1, writes.Load())
	}
}

type countingConn struct {
	net.Conn
	writes *atomic.Int32
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}
