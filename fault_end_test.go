package agentmsg_test

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// A cancelled call ends at once, wherever the server is, and has both the end
// and the last real answer in its error. The machine may be busy, so that the
// quickest of several counts; and nothing else runs beside it.
func TestCancelledOnTheWire(t *testing.T) {
	const most = 50 * time.Millisecond
	for _, of := range faultCalls {
		for name, inBody := range map[string]bool{"before the header": false, "during the body": true} {
			quickest := time.Hour
			for tries := 0; tries < 10 && quickest >= most; tries++ {
				quickest = min(quickest, cancelOnTheWire(t, of, inBody))
			}
			require.Less(t, quickest, most, "%s, %s", of.class, name)
		}
	}
}

// cancelOnTheWire cancels a second attempt, and says how long the call went on.
func cancelOnTheWire(t *testing.T, of faultCall, inBody bool) time.Duration {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ended time.Time
	end := func() { ended = time.Now(); cancel() }
	hangs, outcome := func(c net.Conn, r *http.Request) bool { end(); return peer.Silence(c, r) }, agentmsg.OutcomeUnknown
	pool := new(http.Transport)
	var through http.RoundTripper = pool
	if inBody {
		hangs, outcome = peer.Torn(200, half, peer.Silence), agentmsg.OutcomeAccepted
		through = tripFunc(func(r *http.Request) (*http.Response, error) {
			resp, err := pool.RoundTrip(r)
			if err == nil && resp.StatusCode == http.StatusOK { // its header is there
				end()
			}
			return resp, err
		})
	}
	s := peer.New(t, peer.Refusal(429), hangs)
	err := of.call(ctx, faultClient(t, s.URL(), agentmsg.WithHTTPClient(&http.Client{Transport: through})))
	took := time.Since(ended)
	requireEnded(t, err, context.Canceled, outcome, agentmsg.ErrRateLimited)
	requireNoSecret(t, err)
	require.Equal(t, 2, s.Seen())
	return took
}

// The same for a call that waits for its turn.
func TestCancelledInTheLimiter(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, of := range faultCalls {
			ctx, cancel := context.WithCancel(t.Context())
			server := inMemoryOf(memoryFails(errRefused))
			client := retrying(t, server, agentmsg.WithRateLimit(agentmsg.MAIA, agentmsg.RateWindow{Limit: 1, Per: 30 * time.Second}),
				agentmsg.WithRateLimit(agentmsg.BluBash, agentmsg.RateWindow{Limit: 1, Per: 30 * time.Second}))
			began := time.Now()
			time.AfterFunc(7*time.Second, cancel)
			err := of.call(ctx, client)
			require.Equal(t, 7*time.Second, time.Since(began))
			require.Len(t, server.at, 1)
			requireEnded(t, err, context.Canceled, agentmsg.OutcomeNotSent, errRefused)
			requireNoSecret(t, err)
		}
	})
}

// What is too large costs less than four times the limit, both sides of the
// socket together. It runs alone: all that the process allocates is counted.
func TestBombsInBoundedMemory(t *testing.T) {
	const most = 4 * 8 << 20
	for name, bomb := range map[string]fault{"gzip bomb": gzipBomb, "huge body": first(peer.Flood(200, 1<<30)), "header bomb": headerBomb} {
		at := bomb(t)
		client := faultClient(t, at.base)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := callSafe(t.Context(), client)
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, agentmsg.ErrResponseTooLarge, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(most), name)
	}
}

// An enumeration that the vendor has enlarged reaches the caller as it is.
func TestUnknownValuesAreKept(t *testing.T) {
	t.Parallel()
	s := peer.New(t,
		peer.Answers(200, "", `{"sessionId":"s","userMessage":{"id":"m","role":"robot"}}`),
		peer.Answers(200, "", `{"messageId":"m","conversation":{"status":"SLEEPING"},"aiMessages":[{"type":"HOLOGRAM","sender_type":"GHOST"}]}`),
		peer.Answers(200, "", `{"data":{"message":{"id":"m","sender_type":"ghost"}}}`))
	client := faultClient(t, s.URL())
	sent, err := client.Messages.Send(t.Context(), agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: "hello"})
	require.NoError(t, err)
	require.EqualValues(t, "robot", sent.UserMessage.Role)
	reply, err := client.Contacts.Send(t.Context(), "c", agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText("hello"), ContactIdentifier: "c"})
	require.NoError(t, err)
	require.Equal(t, []string{"SLEEPING", "HOLOGRAM", "GHOST"}, []string{reply.Conversation.Status, reply.AIMessages[0].Type, reply.AIMessages[0].SenderType})
	receipt, err := client.Conversations.Send(t.Context(), agentmsg.ConversationMessageParams{SenderID: "i", SenderType: agentmsg.SenderUser, Text: "hello"})
	require.NoError(t, err)
	require.EqualValues(t, "ghost", receipt.Message.SenderType)
}
