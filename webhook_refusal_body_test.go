package agentmsg_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/stretchr/testify/require"
)

const signedHead = "POST /webhook HTTP/1.1\nHost: a\nX-Maia-Signature: "

// Nobody is told to go on with a body that is refused for its length.
func TestHandlerRefusesAnnouncedLength(t *testing.T) {
	t.Parallel()
	for _, length := range []int64{1<<20 + 1, 1 << 40} {
		w := watch(t)
		r := dialRaw(t, w)
		r.say("%s00\nExpect: 100-continue\nContent-Length: %d\n\n", signedHead, length)
		requireClosing(t, r.answer(), 413, "too_large")
		r.requireClosed()
		w.requireUnreached(t)
		require.Equal(t, agentmsg.WebhookStats{Refused: 1}, w.Stats())
	}
}

func TestHandlerRefusesChunkedLength(t *testing.T) {
	t.Parallel()
	over := padded(1<<20 + 1)
	w := watch(t)
	r := dialRaw(t, w)
	go func() { // the server hangs up on what is left
		_, _ = fmt.Fprintf(r.Conn, "%s%s\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
			strings.ReplaceAll(signedHead, "\n", "\r\n"), signature.Sign(webhookSecret, []byte(over)), len(over), over)
	}()
	requireClosing(t, r.answer(), 413, "too_large")
	w.requireUnreached(t)

	fits := padded(1 << 20)
	r = dialRaw(t, w)
	r.say("%s%s\nTransfer-Encoding: chunked\n\n%x\n%s\n0\n\n", signedHead, signature.Sign(webhookSecret, []byte(fits)), len(fits), fits)
	requireAnswer(t, r.answer(), 200, "")
	require.Equal(t, agentmsg.WebhookStats{Handled: 1, Refused: 1}, w.Stats())
}

// What stands behind a body signs nothing, and none of it is logged.
func TestHandlerReadsNoTrailer(t *testing.T) {
	t.Parallel()
	good := signature.Sign(webhookSecret, []byte("{}"))
	w := watch(t)
	r := dialRaw(t, w)
	r.say("POST / HTTP/1.1\nHost: a\nTrailer: X-Maia-Signature\nTransfer-Encoding: chunked\n\n2\n{}\n0\nX-Maia-Signature: %s\n\n", good)
	requireAnswer(t, r.answer(), 401, "invalid_signature")
	r.say("%s%s\nTransfer-Encoding: chunked\n\n2\n{}\n0\nX-Maia-Signature %s confidential\n\n", signedHead, good, good)
	requireAnswer(t, r.answer(), 503, "body_timeout")
	w.requireUnreached(t)
	require.NotContains(t, w.logged(), good)
	require.NotContains(t, w.logged(), "confidential")
	require.Contains(t, w.logged(), "the body did not arrive whole: reading it failed with a textproto.ProtocolError")
}

func TestHandlerOfABodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	for _, framing := range []string{"Content-Length: 100\n\n{}", "Transfer-Encoding: chunked\n\n9\n{}", "Transfer-Encoding: chunked\n\n2\n{}\n"} {
		w := watch(t)
		r := dialRaw(t, w)
		r.say("%s%s\n%s", signedHead, signature.Sign(webhookSecret, []byte("{}")), framing)
		require.NoError(t, r.Conn.(*net.TCPConn).CloseWrite())
		requireClosing(t, r.answer(), 503, "body_timeout")
		r.requireClosed()
		w.requireUnreached(t)
		require.Contains(t, w.logged(), "the body did not arrive whole: it broke off")
		require.Equal(t, agentmsg.WebhookStats{Refused: 1}, w.Stats())
	}
}

func TestHandlerOfATrickledBody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		read  time.Duration // the server's ReadTimeout
		opts  []agentmsg.WebhookOption
		after time.Duration
	}{
		"by default":             {after: 8 * time.Second},
		"with a deadline":        {opts: []agentmsg.WebhookOption{agentmsg.WithWebhookDeadline(2500 * time.Millisecond)}, after: 2500 * time.Millisecond},
		"in queue mode":          {opts: []agentmsg.WebhookOption{agentmsg.WithWebhookQueue(1, 1), agentmsg.WithWebhookDeadline(time.Second)}, after: 8 * time.Second},
		"the server ends sooner": {read: 1500 * time.Millisecond, after: 1500 * time.Millisecond},
		"the server ends later":  {read: time.Minute, after: 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch(t, test.opts...)
				r := newPipeServer(t, w, func(s *http.Server) { s.ReadTimeout = test.read }).dial(t)
				began := time.Now()
				r.say("%s%s\nContent-Length: %d\n\n", signedHead, signature.Sign(webhookSecret, []byte(refusedBody)), len(refusedBody))
				r.trickle(refusedBody, 1, time.Second)
				requireClosing(t, r.answer(), 503, "body_timeout")
				require.Equal(t, test.after, time.Since(began))
				r.requireClosed()
				require.Less(t, time.Since(began), test.after+time.Second)
				w.requireUnreached(t)
				require.Contains(t, w.logged(), "its time was over")
				require.Equal(t, agentmsg.WebhookStats{Refused: 1}, w.Stats())
			})
		})
	}
}

// Who is refused for something else cannot keep a connection by its body.
func TestHandlerLetsNobodyTrickleOn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		head   string
		status int
		code   string
		closed bool
	}{
		"another method":   {"PUT / HTTP/1.1\nHost: a\n", 405, "method_not_allowed", false},
		"compressed":       {"POST / HTTP/1.1\nHost: a\nContent-Encoding: gzip\n", 415, "unsupported_encoding", false},
		"after a Shutdown": {"POST / HTTP/1.1\nHost: a\n", 503, "shutting_down", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch(t)
				if test.closed {
					require.NoError(t, w.Shutdown(t.Context()))
				}
				r := newPipeServer(t, w, nil).dial(t)
				began := time.Now()
				r.say("%sContent-Length: 1000\n\n", test.head)
				r.trickle(strings.Repeat("x", 1000), 1, time.Second)
				answer := r.answer()
				requireAnswer(t, answer, test.status, test.code)
				if test.closed { // nothing of the body is waited for
					require.Equal(t, began, time.Now())
					require.True(t, answer.closes)
				}
				r.requireClosed()
				require.LessOrEqual(t, time.Since(began), 9*time.Second)
				w.requireUnreached(t)
			})
		})
	}
}

// The deadline is the request's, from its arrival; the connection's ends with
// the body.
func TestHandlerDeadlineIsTheRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.run = func(context.Context, agentmsg.Event) error { time.Sleep(12 * time.Second); return nil }
		r := newPipeServer(t, w, nil).dial(t)
		head := fmt.Sprintf("%s%s\nContent-Length: %d\n\n", signedHead, signature.Sign(webhookSecret, []byte(refusedBody)), len(refusedBody))
		r.say("%s", head)
		time.Sleep(6 * time.Second)
		began := time.Now()
		r.say("%s", refusedBody)
		answer := r.answer()
		require.Equal(t, 2*time.Second, time.Since(began))
		require.False(t, answer.closes)
		requireAnswer(t, answer, 503, "not_handled_in_time")

		r.say("%s%s", head, refusedBody) // waits for the run that goes on
		requireAnswer(t, r.answer(), 503, anyCode)
		require.Equal(t, 10*time.Second, time.Since(began))
		time.Sleep(time.Minute) // idle
		r.say("%s%s", head, refusedBody)
		requireAnswer(t, r.answer(), 200, "")
		require.Equal(t, agentmsg.WebhookStats{Handled: 1, Duplicates: 1, Refused: 1}, w.Stats())
	})
}
