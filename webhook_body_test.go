package agentmsg_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/stretchr/testify/require"
)

func TestOnlyPOST(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post"} {
		r := delivery("{}")
		r.Method = method
		r.Body = untouchable{t}
		requireRefused(t, r, 405, agentmsg.ErrMethodNotAllowed, webhookSecret)
	}
}

func TestContentEncoding(t *testing.T) {
	t.Parallel()
	for _, header := range []http.Header{
		{"Content-Encoding": {"gzip"}}, {"content-encoding": {"br"}}, {"Content-Encoding": {"identity, gzip"}},
		{"Content-Encoding": {"", "deflate"}}, {"Content-Encoding": {"identity"}, "content-encoding": {"zstd"}}, {"Content-Encoding": {"x"}},
	} {
		r := delivery("{}")
		header.Set(agentmsg.SignatureHeader, r.Header.Get(agentmsg.SignatureHeader))
		r.Header, r.Body = header, untouchable{t}
		requireRefused(t, r, 415, agentmsg.ErrUnsupportedEncoding, webhookSecret)
	}
	for _, value := range []string{"", " ", "identity", "Identity", "identity, identity"} {
		r := delivery("{}")
		r.Header.Set("Content-Encoding", value)
		_, err := agentmsg.ReadWebhook(r, webhookSecret)
		require.NoError(t, err)
	}
}

// untouchable is a body that must not be read.
type untouchable struct{ tb testing.TB }

func (u untouchable) Read([]byte) (int, error) {
	u.tb.Error("the body was read")
	return 0, io.EOF
}
func (untouchable) Close() error { return nil }

func padded(size int) string {
	const open, end = `{"response":"`, `"}`
	return open + strings.Repeat("x", size-len(open)-len(end)) + end
}

func TestBodyBound(t *testing.T) {
	t.Parallel()
	fits := padded(1 << 20)
	_, err := agentmsg.ReadWebhook(delivery(fits), webhookSecret)
	require.NoError(t, err)
	over := padded(1<<20 + 1)
	signed := signature.Sign(webhookSecret, []byte(over))

	announced := unread(untouchable{t}, 1<<20+1, signed)
	requireRefused(t, announced, 413, agentmsg.ErrTooLarge, webhookSecret)

	requireRefused(t, unread(strings.NewReader(over), -1, signed), 413, agentmsg.ErrTooLarge, webhookSecret)

	endless := &counting{r: zeros{}}
	requireRefused(t, unread(endless, -1, signed), 413, agentmsg.ErrTooLarge, webhookSecret)
	require.LessOrEqual(t, endless.n, int64(1<<20+1))

	r := delivery("{}")
	r.Body = http.MaxBytesReader(nil, r.Body, 1)
	refused := refusalOf(t, r, 413, agentmsg.ErrTooLarge, webhookSecret)
	var outer *http.MaxBytesError
	require.ErrorAs(t, refused, &outer)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

type counting struct {
	r io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// An announced length sets no memory aside beyond a modest first buffer.
func TestAnnouncedLengthIsOnlyAHint(t *testing.T) {
	t.Parallel()
	var largest int
	body := readFunc(func(p []byte) (int, error) {
		largest = max(largest, len(p))
		return 0, io.ErrUnexpectedEOF
	})
	requireRefused(t, unread(body, 1<<20, "00"), 503, agentmsg.ErrBodyTimeout, webhookSecret)
	require.LessOrEqual(t, largest, 128<<10)
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	r := fromWire(t, "POST / HTTP/1.1\nHost: a\nX-Maia-Signature: "+signature.Sign(webhookSecret, []byte("{}"))+"\nContent-Length: 9\n\n{}")
	refused := refusalOf(t, r, 503, agentmsg.ErrBodyTimeout, webhookSecret)
	require.ErrorIs(t, refused, io.ErrUnexpectedEOF)

	other := errors.New("line\nbreak")
	for _, cause := range []error{os.ErrDeadlineExceeded, net.ErrClosed, other} {
		body := io.MultiReader(strings.NewReader("{}"), iotest.ErrReader(cause))
		refused := requireRefusedCause(t, unread(body, -1, signature.Sign(webhookSecret, []byte("{}"))))
		require.ErrorIs(t, refused, cause)
		require.NotContains(t, refused.Error(), "\n")
	}
}

func requireRefusedCause(tb testing.TB, r *http.Request) *agentmsg.WebhookError {
	tb.Helper()
	_, err := agentmsg.ReadWebhook(r, webhookSecret)
	var refused *agentmsg.WebhookError
	require.ErrorAs(tb, err, &refused)
	require.Equal(tb, 503, refused.Status)
	require.ErrorIs(tb, err, agentmsg.ErrBodyTimeout)
	return refused
}

func TestSomethingReadTheBodyBefore(t *testing.T) {
	t.Parallel()
	const body = `{"response":"confidential"}`
	for name, before := range map[string]func(*http.Request){
		"whole":  func(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) },
		"a part": func(r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, 9) },
		"closed": func(r *http.Request) { _ = r.Body.Close() },
		"nil":    func(r *http.Request) { r.Body = nil },
		"NoBody": func(r *http.Request) { r.Body = http.NoBody },
		"unknown length": func(r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			r.ContentLength = -1
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := fromWire(t, fmt.Sprintf("POST / HTTP/1.1\nHost: a\nX-Maia-Signature: %s\nContent-Length: %d\n\n%s",
				signature.Sign(webhookSecret, []byte(body)), len(body), body))
			before(r)
			refused := refusalOf(t, r, 401, agentmsg.ErrInvalidSignature, webhookSecret)
			require.ErrorContains(t, refused, "something had read the body before")
		})
	}
	// A body that nobody sent, signed for what it is, is no such case.
	requireRefused(t, delivery(""), 400, agentmsg.ErrInvalidEvent, webhookSecret)
}

// An over-long body is refused before the sender is told to go on.
func TestOverlongBodyIsNotAskedFor(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := agentmsg.ReadWebhook(r, webhookSecret)
		refused, _ := errors.AsType[*agentmsg.WebhookError](err)
		w.WriteHeader(refused.Status)
	}))
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n")
	require.NoError(t, err)
	answer, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 413 Request Entity Too Large\r\n", answer)
}
