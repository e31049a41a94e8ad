package conformance_test

import (
	"cmp"
	"net/http"
	"os"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/conformance"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mock is the account of a server with a rate limit and no other option.
var mock = conformance.Place{
	Channel:          agentmsg.APIChannel(mockserver.DefaultChannelIdentifier),
	ChannelID:        mockserver.DefaultChannelID,
	BluBashChannelID: mockserver.DefaultBluBashChannelID,
	RateLimited:      true,
}

// TestMock runs the suite on the mock: in memory, and on a socket.
func TestMock(t *testing.T) {
	t.Parallel()
	t.Run("Transport", func(t *testing.T) {
		t.Parallel()
		server := mockserver.Start(t, mockserver.WithRateLimit(1000, 10_000))
		at := mock
		at.ConversationsBase = "http://any.test/v1"
		conformance.Run(t, at, func(_ *testing.T, opts ...agentmsg.Option) *agentmsg.Client { return server.Client(opts...) })
	})
	t.Run("URL", func(t *testing.T) {
		t.Parallel()
		server, connections := mockserver.Start(t, mockserver.WithRateLimit(1000, 10_000)), &http.Transport{}
		t.Cleanup(connections.CloseIdleConnections)
		at := mock
		at.ConversationsBase = server.URL() + "/v1"
		conformance.Run(t, at, func(t *testing.T, opts ...agentmsg.Option) *agentmsg.Client {
			t.Helper()
			client, err := agentmsg.NewClient(append([]agentmsg.Option{
				agentmsg.WithMAIA(mockserver.DefaultMAIAToken), agentmsg.WithBaseURL(agentmsg.MAIA, server.URL()),
				agentmsg.WithBluBash(mockserver.DefaultBluBashKey), agentmsg.WithBaseURL(agentmsg.BluBash, server.URL()),
				agentmsg.WithConversations(at.ConversationsBase, mockserver.DefaultConversationsToken),
				agentmsg.WithHTTPClient(&http.Client{Transport: connections}),
			}, opts...)...)
			require.NoError(t, err)
			return client
		})
	})
}

// TestReal runs the suite on the real services:
//
//	CONFORMANCE=real MAIA_API_TOKEN=… CONFORMANCE_CHANNEL=support CONFORMANCE_CHANNEL_ID=… go test -v -run TestReal ./internal/conformance
//
// The credentials are those of agentmsg.NewClientFromEnv. The suite sends
// messages, some of which the AI answers: take an account for tests, and a
// channel of type api.
func TestReal(t *testing.T) {
	if os.Getenv("CONFORMANCE") != "real" {
		t.Skip("not asked for: CONFORMANCE=real and credentials in the environment run the suite on the real services")
	}
	if cmp.Or(os.Getenv("MAIA_API_TOKEN"), os.Getenv("BLUBASH_API_KEY"), os.Getenv("CONVERSATIONS_API_TOKEN")) == "" {
		t.Skip("CONFORMANCE=real without a credential: set MAIA_API_TOKEN, BLUBASH_API_KEY, or CONVERSATIONS_API_TOKEN with CONVERSATIONS_BASE_URL")
	}
	at := conformance.Place{
		Channel:           agentmsg.APIChannel(os.Getenv("CONFORMANCE_CHANNEL")),
		ChannelID:         agentmsg.ChannelID(os.Getenv("CONFORMANCE_CHANNEL_ID")),
		BluBashChannelID:  agentmsg.BluBashChannelID(os.Getenv("CONFORMANCE_BLUBASH_CHANNEL_ID")),
		RateLimited:       true,
		ConversationsBase: os.Getenv("CONVERSATIONS_BASE_URL"),
	}
	connections := &http.Transport{Proxy: http.ProxyFromEnvironment}
	t.Cleanup(connections.CloseIdleConnections)
	conformance.Run(t, at, func(t *testing.T, opts ...agentmsg.Option) *agentmsg.Client {
		t.Helper()
		client, err := agentmsg.NewClientFromEnv(append([]agentmsg.Option{agentmsg.WithHTTPClient(&http.Client{Transport: connections})}, opts...)...)
		require.NoError(t, err)
		return client
	})
}
