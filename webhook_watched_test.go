package agentmsg_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// watched is a handler that keeps what reached its function and its deduper,
// and what it logged. What it calls may be set before the first delivery.
type watched struct {
	*agentmsg.WebhookHandler
	*scripted
	run func(context.Context, agentmsg.Event) error // nil: success

	mu     sync.Mutex
	events []agentmsg.Event
	lines  bytes.Buffer
}

// watch makes one with the usual secret, unless the options say otherwise.
func watch(tb testing.TB, opts ...agentmsg.WebhookOption) *watched {
	tb.Helper()
	w := &watched{scripted: newScripted()}
	opts = append([]agentmsg.WebhookOption{agentmsg.WithWebhookSecrets(webhookSecret), agentmsg.WithDeduper(w.scripted), agentmsg.WithWebhookLogger(w.logger())}, opts...)
	h, err := agentmsg.NewWebhookHandler(func(ctx context.Context, e agentmsg.Event) error {
		w.mu.Lock()
		w.events = append(w.events, e)
		w.mu.Unlock()
		if w.run == nil {
			return nil
		}
		return w.run(ctx, e)
	}, opts...)
	require.NoError(tb, err)
	w.WebhookHandler = h
	return w
}

// logger keeps every line of every level.
func (w *watched) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(lockedWriter{&w.mu, &w.lines}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (w *watched) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lines.String()
}

func (w *watched) reached() []agentmsg.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.events)
}

// requireUnreached holds that nothing of the user's was asked or told.
func (w *watched) requireUnreached(tb testing.TB) {
	tb.Helper()
	require.Empty(tb, w.reached(), "the function was reached")
	require.Empty(tb, w.claimed(), "the deduper was asked")
	require.NotContains(tb, w.logged(), "panic")
}

// heard is an answer that was read to its end.
type heard struct {
	status int
	header http.Header
	body   string
	closes bool // the connection, by its word
	bare   bool // to a HEAD
}

func hear(tb testing.TB, answer *http.Response) heard {
	tb.Helper()
	body, err := io.ReadAll(answer.Body)
	require.NoError(tb, err)
	bare := answer.Request != nil && answer.Request.Method == http.MethodHead
	return heard{answer.StatusCode, answer.Header, string(body), answer.Close, bare}
}

// requireClosing is requireAnswer of one that ends the connection.
func requireClosing(tb testing.TB, answer heard, status int, code string) {
	tb.Helper()
	require.True(tb, answer.closes)
	requireAnswer(tb, answer, status, code)
}

// receive gives the handler a request without a network.
func (w *watched) receive(r *http.Request) heard {
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	return heard{status: recorder.Code, header: recorder.Header(), body: recorder.Body.String()}
}

// anyCode is for an answer that two goroutines race to give.
const anyCode = "any"

// requireAnswer holds an answer to its status and code, and to what goes with
// them.
func requireAnswer(tb testing.TB, answer heard, status int, code string) {
	tb.Helper()
	require.Equal(tb, status, answer.status, answer.body)
	if status == http.StatusOK || answer.bare {
		require.Empty(tb, answer.body)
	} else {
		require.True(tb, code == anyCode || code+"\n" == answer.body, "%s is not %s", answer.body, code)
		require.Equal(tb, "text/plain; charset=utf-8", answer.header.Get("Content-Type"))
		require.Equal(tb, "nosniff", answer.header.Get("X-Content-Type-Options"))
	}
	wantAllow, wantAfter := "", ""
	switch status {
	case http.StatusMethodNotAllowed:
		wantAllow = "POST"
	case http.StatusServiceUnavailable:
		wantAfter = "1"
	}
	require.Equal(tb, wantAllow, answer.header.Get("Allow"))
	require.Equal(tb, wantAfter, answer.header.Get("Retry-After"))
}
