package agentmsg_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// opaque is a writer as many a logging middleware has it: what is below cannot
// be reached through it.
type opaque struct {
	w      http.ResponseWriter
	status int
}

func (o *opaque) Header() http.Header         { return o.w.Header() }
func (o *opaque) Write(b []byte) (int, error) { return o.w.Write(b) }
func (o *opaque) WriteHeader(status int) {
	o.status = status
	o.w.WriteHeader(status)
}

// unwrapping is one that lets http.ResponseController through.
type unwrapping struct{ http.ResponseWriter }

func (u *unwrapping) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func logged(wrap func(http.ResponseWriter) http.ResponseWriter) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrap(w), r) })
	}
}

func maxBytes(n int64) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, n)
			h.ServeHTTP(w, r)
		})
	}
}

// prefixed mounts h below other handlers, two prefixes deep.
func prefixed(h http.Handler) http.Handler {
	inner, outer := http.NewServeMux(), http.NewServeMux()
	inner.Handle("/", h)
	outer.Handle("/webhook/", http.StripPrefix("/webhook", inner))
	outer.Handle("/webhook", http.StripPrefix("/webhook", h))
	return outer
}

func timeLimited(h http.Handler) http.Handler {
	return http.TimeoutHandler(h, 9*time.Second, "too late")
}

// Behind what usually stands before a handler it answers the same.
func TestHandlerBehindMiddleware(t *testing.T) {
	t.Parallel()
	for name, around := range map[string]func(http.Handler) http.Handler{
		"nothing":                    func(h http.Handler) http.Handler { return h },
		"TimeoutHandler":             timeLimited,
		"prefixes":                   prefixed,
		"a logger without Unwrap":    logged(func(w http.ResponseWriter) http.ResponseWriter { return &opaque{w: w} }),
		"a logger with Unwrap":       logged(func(w http.ResponseWriter) http.ResponseWriter { return &unwrapping{w} }),
		"MaxBytesReader":             maxBytes(1 << 20),
		"MaxBytesHandler":            func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1<<20) },
		"all of them":                func(h http.Handler) http.Handler { return timeLimited(prefixed(maxBytes(1 << 20)(h))) },
		"TimeoutHandler, then a mux": func(h http.Handler) http.Handler { return prefixed(timeLimited(h)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newPipeServer(t, around(newHandler(t, choosy)), nil).dial(t)
			for _, test := range []struct {
				sent   string
				status int
			}{
				{posting(messageBody("s", "m", "hello")), 200},
				{posting(messageBody("s", "m", "hello")), 200},
				{strings.Replace(posting(messageBody("s", "m", "hello")), "hello", "HELLO", 1), 401},
				{posting(messageBody("s", "bad", "hello")), 500},
				{posting([]byte("[]")), 400},
				{"PUT" + strings.TrimPrefix(posting(messageBody("s", "m", "hello")), "POST"), 405},
				{posting(messageBody("s", "n", "hello")), 200},
			} {
				c.write(test.sent)
				require.Equal(t, test.status, c.status(), test.sent)
			}
		})
	}
}

// A bound outside that is narrower is the bound.
func TestHandlerBehindANarrowerBound(t *testing.T) {
	t.Parallel()
	for name, around := range map[string]func(http.Handler) http.Handler{
		"MaxBytesReader":  maxBytes(100),
		"MaxBytesHandler": func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 100) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // net/http takes its time to close what it has not read
				w := newPipeServer(t, around(newHandler(t, accepts)), nil)
				c := w.dial(t)
				c.write(posting([]byte(padded(101))))
				requireClosing(t, c.answer(), 413, "too_large")
				c = w.dial(t)
				c.write(posting([]byte(padded(100))))
				require.Equal(t, 200, c.status())
			})
		})
	}
}

// http.TimeoutHandler answers for a function that it does not wait for; the
// function's late success counts.
func TestHandlerBehindAShorterTimeoutHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, func(ctx context.Context, _ agentmsg.Event) error {
			time.Sleep(5500 * time.Millisecond)
			return ctx.Err()
		})
		server := startWebhook(t, http.TimeoutHandler(h, 2*time.Second, "too late"))
		server.AISays("s", "hello")
		require.NoError(t, server.Idle(t.Context()))
		var statuses []int
		for _, d := range server.Deliveries() {
			statuses = append(statuses, d.Status)
		}
		require.Equal(t, []int{503, 503, 200}, statuses) // at 0, 3 and 7 s
		require.Equal(t, agentmsg.WebhookStats{Handled: 1, Duplicates: 1, Refused: 1}, h.Stats())
	})
}

// Something before the handler reads the body: the log tells the owner why
// nothing verifies, and the sender does not come again.
func TestHandlerBehindABodyReader(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := newHandler(t, accepts, agentmsg.WithWebhookLogger(slog.New(slog.NewTextHandler(&log, nil))))
	w := newPipeServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		h.ServeHTTP(w, r)
	}), nil)
	c := w.dial(t)
	c.write(posting(messageBody("s", "m", "confidential")))
	require.Equal(t, 401, c.status())
	require.Contains(t, log.String(), "something had read the body before")
	require.NotContains(t, log.String(), "confidential")
}

// Over HTTP/2 it answers the same, deadline included.
func TestHandlerHTTP2(t *testing.T) {
	t.Parallel()
	h := newHandler(t, accepts, agentmsg.WithWebhookDeadline(time.Second))
	server := overHTTP2(t, h)
	post := func(body io.Reader, signed []byte) heard {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", body)
		require.NoError(t, err)
		r.Header.Set(agentmsg.SignatureHeader, mockserver.Sign(webhookSecret, signed))
		return sent(t, server, r)
	}
	good := messageBody("s", "m", "hello")
	over := []byte(padded(1<<20 + 1))
	requireAnswer(t, post(bytes.NewReader(good), good), 200, "")
	requireAnswer(t, post(io.MultiReader(bytes.NewReader(good)), good), 200, "") // of no known length
	requireAnswer(t, post(bytes.NewReader(good), nil), 401, "invalid_signature")
	requireAnswer(t, post(bytes.NewReader(over), over), 413, "too_large")
	requireAnswer(t, post(io.MultiReader(bytes.NewReader(over)), over), 413, "too_large")
	requireAnswer(t, post(bytes.NewReader(good), good), 200, "")
	slow, writer := io.Pipe()
	t.Cleanup(func() { _ = writer.Close() })
	requireAnswer(t, post(slow, nil), 503, "body_timeout")
	requireAnswer(t, post(bytes.NewReader(good), good), 200, "")
	require.Equal(t, agentmsg.WebhookStats{Handled: 1, Duplicates: 3, Refused: 4}, h.Stats())
}
