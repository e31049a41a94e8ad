package agentmsg_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/stretchr/testify/require"
)

// givenKeys are the ways in which a caller gives a call a key, and where it
// arrives.
var givenKeys = map[string]agentmsg.CallOption{
	"X-Idempotency-Key": agentmsg.WithIdempotencyKey("mine"), "x-idempotency-key": agentmsg.WithHeader("x-idempotency-key", "mine"),
	"Idempotency-Key": agentmsg.WithHeader("Idempotency-Key", "mine"), "IDEMPOTENCY-KEY": agentmsg.WithHeader("IDEMPOTENCY-KEY", "mine"),
}

// net/http sends a request with such a header again by itself when the
// connection that it reused has died. No unsafe call is sent twice by it, and
// the server gets the key all the same.
func TestNoHiddenReplayOfAnUnsafeCall(t *testing.T) {
	t.Parallel()
	for _, kind := range ledgerKinds {
		if kind.class != wire.Unsafe {
			continue
		}
		for header, key := range givenKeys {
			for _, end := range []peer.Act{peer.FIN, peer.RST} {
				call := &ledgerCall{id: "call-000001", kind: kind}
				anything := peer.Answers(200, "", goodLedgerAnswer(call))
				s := peer.New(t, anything, end, anything)
				client := faultClient(t, s.URL())
				require.NoError(t, kind.run(t.Context(), client, call), "for a connection to use again")
				var got agentmsg.Response
				err := kind.run(t.Context(), client, call, key, agentmsg.WithResponse(&got))
				require.Equal(t, 2, s.Seen(), "%s with %s", kind.name, header)
				require.Equal(t, "mine", s.Request(1).Header.Get(header))
				require.Equal(t, agentmsg.OutcomeUnknown, agentmsg.OutcomeOf(err))
				require.False(t, agentmsg.Temporary(err))
				require.Equal(t, 1, got.Attempts)
			}
		}
	}
}

// A keyed or a reading call is sent again, under its own key, and each time
// counts. A refusal of the second does not mean that the first was not taken.
func TestHiddenReplayRefused(t *testing.T) {
	t.Parallel()
	reading := func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		_, err := c.Attachments.DownloadURL(ctx, "k", opts...)
		return err
	}
	for _, call := range []func(context.Context, *agentmsg.Client, ...agentmsg.CallOption) error{faultCalls[1].call, reading} {
		for status, code := range map[int]agentmsg.Code{422: agentmsg.ErrUnprocessable, 429: agentmsg.ErrRateLimited, 404: agentmsg.ErrNotFound} {
			good := peer.Answers(200, "", anyAnswer)
			s := peer.New(t, good, peer.FIN, peer.Refusal(status))
			client := faultClient(t, s.URL())
			require.NoError(t, call(t.Context(), client))
			err := call(t.Context(), client, agentmsg.WithMaxAttempts(1))
			require.Equal(t, 3, s.Seen())
			require.Equal(t, s.Request(1).Header.Get(wire.HeaderIdempotencyKey), s.Request(2).Header.Get(wire.HeaderIdempotencyKey))
			require.Equal(t, bodyOf(t, s.Request(1)), bodyOf(t, s.Request(2)))
			require.ErrorIs(t, err, code)
			require.Equal(t, []any{2, agentmsg.OutcomeUnknown}, []any{as[*agentmsg.APIError](t, err).Attempts, agentmsg.OutcomeOf(err)})
			require.False(t, agentmsg.Temporary(err))
		}
	}
}

// The last error is a refused dial, and proves nothing.
func TestHiddenReplayFailsToDial(t *testing.T) {
	t.Parallel()
	var s *peer.Server
	s = peer.New(t, peer.Well, func(net.Conn, *http.Request) bool { s.Refuse(); return false })
	client := faultClient(t, s.URL())
	require.NoError(t, faultCalls[1].call(t.Context(), client))
	err := faultCalls[1].call(t.Context(), client, agentmsg.WithMaxAttempts(1))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.Equal(t, 2, s.Seen())
	require.Equal(t, []any{2, agentmsg.OutcomeUnknown}, []any{as[*agentmsg.TransportError](t, err).Attempts, agentmsg.OutcomeOf(err)})
	require.False(t, agentmsg.Temporary(err))
}

// deafConn takes no byte once it is shut.
type deafConn struct {
	net.Conn
	shut *atomic.Bool
}

var errShut = errors.New("the connection is shut")

func (c deafConn) Write(p []byte) (int, error) {
	if c.shut.Load() {
		return 0, errShut
	}
	return c.Conn.Write(p)
}

// What provably did not leave goes out once more, whole, whatever its class.
func TestHiddenReplayOfWhatDidNotLeave(t *testing.T) {
	t.Parallel()
	for _, c := range faultCalls {
		for _, last := range []struct {
			act     peer.Act
			outcome agentmsg.Outcome
		}{{peer.Well, agentmsg.OutcomeNone}, {peer.Refusal(404), agentmsg.OutcomeRejected}} {
			if c.class == "keyed" && last.outcome == agentmsg.OutcomeRejected {
				last.outcome = agentmsg.OutcomeUnknown // of a keyed one net/http takes no proof
			}
			s := peer.New(t, peer.Well, last.act)
			shut := new(atomic.Bool)
			pool := transport.NewTransport(time.Minute)
			pool.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				return deafConn{conn, shut}, err
			}
			client := faultClient(t, s.URL(), agentmsg.WithHTTPClient(&http.Client{Transport: pool}))
			require.NoError(t, c.call(t.Context(), client))
			shut.Store(true)
			pool.DialContext = new(net.Dialer).DialContext
			var got agentmsg.Response
			err := c.call(t.Context(), client, agentmsg.WithMaxAttempts(1), agentmsg.WithResponse(&got))
			require.Equal(t, last.outcome, agentmsg.OutcomeOf(err), "%s: %v", c.class, err)
			require.Equal(t, []int{2, 2}, []int{s.Seen(), got.Attempts}, c.class)
			first, err := io.ReadAll(s.Request(0).Body)
			require.NoError(t, err)
			require.Equal(t, string(first), bodyOf(t, s.Request(1)))
		}
	}
}
