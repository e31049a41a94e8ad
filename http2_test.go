package agentmsg_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/stretchr/testify/require"
)

// longText is more than a frame holds, and less than a stream's first window.
var longText = strings.Repeat("0123456789abcdef", 2500)

// http2Calls are one operation of each class, with a body of several frames
// where the operation has one.
var http2Calls = [3]func(context.Context, *agentmsg.Client, ...agentmsg.CallOption) error{
	faultCalls[0].call,
	func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		_, err := c.Contacts.Send(ctx, "c", agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText(longText), ContactIdentifier: "c"}, opts...)
		return err
	},
	func(ctx context.Context, c *agentmsg.Client, opts ...agentmsg.CallOption) error {
		_, err := c.Messages.Send(ctx, agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: longText}, opts...)
		return err
	},
}

// newHTTP2Peer is a peer and its client.
func newHTTP2Peer(t *testing.T, script ...peer.Step) (*peer.HTTP2, *agentmsg.Client) {
	t.Helper()
	p := peer.NewHTTP2(t, script...)
	pool := transport.NewTransport(time.Minute)
	pool.TLSClientConfig = p.Trusting
	return p, faultClient(t, p.URL(), agentmsg.WithHTTPClient(&http.Client{Transport: pool}))
}

// What a peer did to the first of the streams, and how often the request then
// arrives if the call makes one attempt, and if it makes three.
var http2Faults = []struct {
	name       string
	step       peer.Step
	one, three [3]int
}{
	// Proof that it was not taken: net/http sends it again.
	{"GOAWAY below ours", peer.H2GoAway(peer.NoError, 2, true), twice, twice},
	{"GOAWAY below ours, then FIN", peer.H2GoAway(peer.NoError, 2, false), twice, twice},
	{"GOAWAY below ours, calm down", peer.H2GoAway(peer.CalmDown, 2, true), twice, twice},
	{"GOAWAY below ours at the header", peer.H2GoAway(peer.NoError, 2, true).Early(), twice, twice},
	{"REFUSED_STREAM", peer.H2Reset(peer.RefusedStream), twice, twice},
	{"REFUSED_STREAM at the header", peer.H2Reset(peer.RefusedStream).Early(), twice, twice},
	// No proof, and net/http takes it for one (golang/go#47635): the SDK does
	// not learn of it. A server that takes a request, then ends its stream in
	// this way, gets it twice.
	{"PROTOCOL_ERROR", peer.H2Reset(peer.ProtocolError), twice, twice},
	// No proof.
	{"GOAWAY with ours, then FIN", peer.H2GoAway(peer.NoError, 0, false), once, harmless},
	{"INTERNAL_ERROR", peer.H2Reset(peer.InternalError), once, harmless},
	{"CANCEL", peer.H2Reset(peer.CancelStream), once, harmless},
	{"NO_ERROR", peer.H2Reset(peer.NoError), once, harmless},
	{"FIN", peer.H2FIN(), once, harmless},
}

// Over HTTP/2 what was provably not taken is sent again with its whole body,
// and of what may have been taken nothing but Unknown is said.
func TestHTTP2Faults(t *testing.T) {
	t.Parallel()
	for _, row := range http2Faults {
		for class, call := range http2Calls {
			for most, want := range map[int]int{1: row.one[class], 3: row.three[class]} {
				for _, reused := range []bool{true, false} {
					if !reused && strings.Contains(row.name, "calm") {
						continue // net/http does not repeat a connection's first stream after an error
					}
					script := []peer.Step{row.step}
					if reused {
						script = append([]peer.Step{peer.H2Well()}, script...)
					}
					p, client := newHTTP2Peer(t, script...)
					if reused {
						require.NoError(t, call(t.Context(), client))
					}
					var got agentmsg.Response
					err := call(t.Context(), client, agentmsg.WithMaxAttempts(most), agentmsg.WithResponse(&got), agentmsg.WithIdempotencyKey("mine"))
					begun, bodies := p.Seen()
					require.Equal(t, []int{want, want}, []int{begun - len(script) + 1, got.Attempts}, "%s, class %d, %d attempts: %v", row.name, class, most, err)
					for _, body := range bodies {
						require.Equal(t, bodies[0], body)
						require.True(t, strings.HasSuffix(body, "}"))
					}
					if want == 2 {
						require.NoError(t, err)
						continue
					}
					require.Equal(t, agentmsg.OutcomeUnknown, agentmsg.OutcomeOf(err), row.name)
					require.False(t, agentmsg.Temporary(err))
					require.IsType(t, (*agentmsg.TransportError)(nil), err)
				}
			}
		}
	}
}

// A refusal after such a replay is one: the first was provably not taken.
func TestHTTP2ReplayRefused(t *testing.T) {
	t.Parallel()
	for status, temporary := range map[string]bool{"429": true, "400": false} {
		_, client := newHTTP2Peer(t, peer.H2Reset(peer.RefusedStream), peer.H2Status(status))
		err := http2Calls[2](t.Context(), client, agentmsg.WithMaxAttempts(1))
		require.Equal(t, []any{2, agentmsg.OutcomeRejected}, []any{as[*agentmsg.APIError](t, err).Attempts, agentmsg.OutcomeOf(err)})
		require.Equal(t, temporary, agentmsg.Temporary(err))
	}
}

// A file is opened once more for the replay.
func TestHTTP2ReplayOfAFile(t *testing.T) {
	t.Parallel()
	for _, step := range []peer.Step{peer.H2GoAway(peer.NoError, 2, true), peer.H2Reset(peer.RefusedStream), peer.H2Reset(peer.RefusedStream).Early()} {
		p, client := newHTTP2Peer(t, peer.H2Well(), step)
		require.NoError(t, http2Calls[0](t.Context(), client))
		file, got := counted(longText), agentmsg.Response{}
		ticket := &agentmsg.UploadTicket{UploadURL: agentmsg.Secret(p.URL() + presignedTarget), ContentType: "a/b", Size: int64(len(longText))}
		require.NoError(t, client.Attachments.Put(t.Context(), ticket, file.file(len(longText)), agentmsg.WithMaxAttempts(1), agentmsg.WithResponse(&got)))
		_, bodies := p.Seen()
		require.Equal(t, longText, bodies[len(bodies)-1])
		require.Equal(t, 2, got.Attempts)
	}
}
