package agentmsg_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// messageBody is a delivery's body.
func messageBody(session, id, text string) []byte {
	return []byte(`{"channelId":"channel-api","sessionId":"` + session + `","messageId":"` + id + `","response":"` + text + `"}`)
}

var quiet = agentmsg.WithWebhookLogger(slog.New(slog.DiscardHandler))

// accepts is a function that takes each event.
func accepts(context.Context, agentmsg.Event) error { return nil }

// newHandler has the usual secret and logs nothing, unless the options say
// otherwise. What watch makes keeps what happens to it.
func newHandler(t *testing.T, handle func(context.Context, agentmsg.Event) error, opts ...agentmsg.WebhookOption) *agentmsg.WebhookHandler {
	t.Helper()
	opts = append([]agentmsg.WebhookOption{agentmsg.WithWebhookSecrets(webhookSecret), quiet}, opts...)
	h, err := agentmsg.NewWebhookHandler(handle, opts...)
	require.NoError(t, err)
	return h
}

// startWebhook starts a mock that delivers to the handler.
func startWebhook(t *testing.T, h http.Handler) *mockserver.Server {
	t.Helper()
	return mockserver.Start(t, mockserver.WithWebhookHandler(h, webhookSecret))
}

// deliver gives the handler a signed body, and returns the answer.
func deliver(t *testing.T, h http.Handler, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, delivery(string(body)))
	return w
}

func TestHandlerHandles(t *testing.T) {
	t.Parallel()
	var got agentmsg.Event
	h := newHandler(t, func(ctx context.Context, e agentmsg.Event) error {
		got = e
		handled, ok := agentmsg.HandledEvent(ctx)
		require.True(t, ok)
		require.Same(t, e, handled)
		return nil
	})
	w := deliver(t, h, messageBody("s", "m", "hello"))
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "hello", got.(*agentmsg.MessageEvent).Response)
	require.Equal(t, agentmsg.WebhookStats{Handled: 1}, h.Stats())
	require.Equal(t, http.StatusOK, deliver(t, h, messageBody("s", "m", "hello")).Code)
	require.Equal(t, agentmsg.WebhookStats{Handled: 1, Duplicates: 1}, h.Stats())
}

func TestHandlerFailureRunsAgain(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	h := newHandler(t, func(context.Context, agentmsg.Event) error {
		switch runs.Add(1) {
		case 1:
			return errors.New("no")
		case 2:
			panic("no")
		}
		return nil
	})
	require.Equal(t, 500, deliver(t, h, messageBody("s", "m", "x")).Code)
	require.Equal(t, 500, deliver(t, h, messageBody("s", "m", "x")).Code)
	require.Equal(t, 200, deliver(t, h, messageBody("s", "m", "x")).Code)
	require.Equal(t, agentmsg.WebhookStats{Handled: 1, Failed: 2}, h.Stats())
}

func TestHandlerLateSuccessCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, func(context.Context, agentmsg.Event) error {
			time.Sleep(12 * time.Second)
			return nil
		})
		began := time.Now()
		w := deliver(t, h, messageBody("s", "m", "x"))
		require.Equal(t, 503, w.Code)
		require.Equal(t, 8*time.Second, time.Since(began))
		require.Equal(t, 200, deliver(t, h, messageBody("s", "m", "x")).Code)
		require.Equal(t, 12*time.Second, time.Since(began).Truncate(time.Second))
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, agentmsg.WebhookStats{Handled: 1, Duplicates: 1}, h.Stats())
		require.Equal(t, 503, deliver(t, h, messageBody("s", "m", "x")).Code)
	})
}

func TestHandlerQueueOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var order []string
		fails := 3
		h := newHandler(t, func(_ context.Context, e agentmsg.Event) error {
			m := e.(*agentmsg.MessageEvent)
			if m.MessageID == "1" && fails > 0 {
				fails--
				return errors.New("no")
			}
			order = append(order, string(m.MessageID))
			return nil
		}, agentmsg.WithWebhookQueue(1, 2))
		require.Equal(t, 200, deliver(t, h, messageBody("s", "1", "x")).Code)
		require.Equal(t, 200, deliver(t, h, messageBody("s", "2", "x")).Code)
		synctest.Wait()
		require.Equal(t, 2, h.Stats().Queued)
		require.Equal(t, 200, deliver(t, h, messageBody("other", "3", "x")).Code)
		synctest.Wait()
		require.Equal(t, 503, deliver(t, h, messageBody("s", "4", "x")).Code)
		time.Sleep(7 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"3", "1", "2"}, order)
		require.NoError(t, h.Shutdown(t.Context()))
		require.Equal(t, agentmsg.WebhookStats{Handled: 3, Failed: 3, Refused: 1}, h.Stats())
	})
}
