package agentmsg_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/stretchr/testify/require"
)

// head is a delivery's, as far as the blank line.
func head(body []byte, more ...string) string {
	return "POST /webhook HTTP/1.1\r\nHost: app.test\r\n" + agentmsg.SignatureHeader + ": " + signature.Sign(webhookSecret, body) + "\r\n" +
		strings.Join(append(more, ""), "\r\n") + "\r\n"
}

// posting is a delivery with the length that its body has.
func posting(body []byte) string {
	return head(body, fmt.Sprintf("Content-Length: %d", len(body))) + string(body)
}

// chunked is the body in pieces of n bytes.
func chunked(body []byte, n int) string {
	var b strings.Builder
	for len(body) > 0 {
		piece := body[:min(n, len(body))]
		body = body[len(piece):]
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(piece), piece)
	}
	return b.String() + "0\r\n\r\n"
}

// choosy fails with some.
func choosy(_ context.Context, e agentmsg.Event) error {
	switch e.DedupeKey() {
	case "bad":
		return io.ErrUnexpectedEOF
	case "panic":
		panic("no")
	}
	return nil
}

func TestHandlerHTTP10(t *testing.T) {
	t.Parallel()
	w := newPipeServer(t, newHandler(t, accepts), nil)
	body := messageBody("s", "m", "hello")
	c := w.dial(t)
	c.write(strings.Replace(posting(body), "HTTP/1.1", "HTTP/1.0", 1))
	require.Equal(t, 200, c.status())
	c.requireClosed()

	// Without a length HTTP/1.0 has no body: what follows is not read.
	c = w.dial(t)
	c.write(strings.Replace(head(body), "HTTP/1.1", "HTTP/1.0", 1))
	require.Equal(t, 401, c.status())
}

func TestHandlerChunked(t *testing.T) {
	t.Parallel()
	h := newHandler(t, accepts)
	w := newPipeServer(t, h, nil)
	c := w.dial(t)
	for i, size := range []int{1, 7, 1 << 10} {
		body := messageBody("s", fmt.Sprint(i), "hello")
		c.write(head(body, "Transfer-Encoding: chunked") + chunked(body, size))
		require.Equal(t, 200, c.status(), size)
	}
	require.Equal(t, uint64(3), h.Stats().Handled)

	over := []byte(padded(1<<20 + 1))
	go func() { // the server stops reading at its bound
		_, _ = io.WriteString(c.Conn, head(over, "Transfer-Encoding: chunked")+chunked(over, 64<<10))
	}()
	requireClosing(t, c.answer(), 413, "too_large")
}

// A sender that waits to be asked for its body is asked only where it will be
// read.
func TestHandlerExpectContinue(t *testing.T) {
	t.Parallel()
	body := messageBody("s", "m", "hello")
	length := fmt.Sprintf("Content-Length: %d", len(body))
	for name, test := range map[string]struct {
		head   string
		status int
	}{
		"good":           {head(body, length, "Expect: 100-continue"), 0},
		"too long":       {head(body, "Content-Length: 1048577", "Expect: 100-continue"), 413},
		"compressed":     {head(body, length, "Content-Encoding: gzip", "Expect: 100-continue"), 415},
		"no POST":        {strings.Replace(head(body, length, "Expect: 100-continue"), "POST", "PUT", 1), 405},
		"unknown tenant": {strings.Replace(head(body, length, "Expect: 100-continue"), "/webhook", "/stranger", 1), 401},
		"tenants down":   {strings.Replace(head(body, length, "Expect: 100-continue"), "/webhook", "/down", 1), 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newPipeServer(t, newHandler(t, accepts, agentmsg.WithWebhookTenants(byPath)), nil).dial(t)
				began := time.Now()
				c.write(test.head)
				if test.status != 0 {
					answer := c.answer()
					require.Equal(t, test.status, answer.status)
					require.Zero(t, time.Since(began))
					require.True(t, answer.closes) // whether the body still comes cannot be known
					c.requireClosed()              // net/http waits for it as long as the deadline lets it
					require.LessOrEqual(t, time.Since(began), 9*time.Second)
					return
				}
				require.Equal(t, "HTTP/1.1 100 Continue", c.line())
				require.Empty(t, c.line())
				c.write(string(body))
				require.Equal(t, 200, c.status())
			})
		})
	}
}

func byPath(r *http.Request) (agentmsg.Tenant, error) {
	switch r.URL.Path {
	case "/webhook":
		return agentmsg.Tenant{ID: "one", Secrets: []string{webhookSecret}}, nil
	case "/down":
		return agentmsg.Tenant{}, io.ErrUnexpectedEOF
	}
	return agentmsg.Tenant{}, agentmsg.ErrNotFound
}

// A delivery after a refusal is served, on the same connection or, where that
// was closed, on a new one.
func TestHandlerAfterARefusal(t *testing.T) {
	t.Parallel()
	good := messageBody("s", "m", "hello")
	for name, test := range map[string]struct {
		sent   string
		status int
		closed bool
	}{
		"unsigned":     {strings.Replace(posting(good), "hello", "HELLO", 1), 401, false},
		"bad JSON":     {posting([]byte("no JSON")), 400, false},
		"no POST":      {"GET /webhook HTTP/1.1\r\nHost: app.test\r\n\r\n", 405, false},
		"compressed":   {strings.Replace(posting(good), "Content-Length", "Content-Encoding: gzip\r\nContent-Length", 1), 415, false},
		"fails":        {posting(messageBody("s", "bad", "x")), 500, false},
		"panics":       {posting(messageBody("s", "panic", "x")), 500, false},
		"too long":     {head(good, "Content-Length: 1048577"), 413, true},
		"a second one": {posting(good), 200, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newPipeServer(t, newHandler(t, choosy), nil)
				c := w.dial(t)
				for range 2 {
					c.write(test.sent)
					answer := c.answer()
					require.Equal(t, test.status, answer.status)
					require.Equal(t, test.closed, answer.closes)
					if test.closed {
						c.requireClosed()
						c = w.dial(t)
					}
					c.write(posting(good))
					require.Equal(t, 200, c.status())
				}
			})
		})
	}
}
