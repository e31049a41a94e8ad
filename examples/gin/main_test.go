package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

var secrets = map[string]string{"acme": "secret-a", "globex": "secret-g"}

var quiet = agentmsg.WithWebhookLogger(slog.New(slog.DiscardHandler))

func TestOutput(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, "acme: \"You said: Where is my order?\"\nglobex: \"You said: Where is my order?\"\n", out.String())
}

// deliver posts one message to a customer's path.
func deliver(t *testing.T, h http.Handler, customer, secret, id string) int {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, mockserver.SignedRequest(t, "http://app.test/hooks/"+customer+"/maia", secret, []byte(`{"messageId":"`+id+`","response":"confidential"}`)))
	return w.Code
}

func TestTenantsByPath(t *testing.T) {
	t.Parallel()
	var got []string
	webhooks, err := newWebhooks(secrets, func(ctx context.Context, e agentmsg.Event) error {
		got = append(got, agentmsg.TenantID(ctx)+" "+e.DedupeKey())
		return nil
	}, quiet)
	require.NoError(t, err)
	router := newRouter(webhooks)
	require.Equal(t, 200, deliver(t, router, "acme", "secret-a", "m1"))
	require.Equal(t, 200, deliver(t, router, "globex", "secret-g", "m1"), "the same id is another's event")
	require.Equal(t, 200, deliver(t, router, "globex", "secret-g", "m1"), "a repeat")
	require.Equal(t, 401, deliver(t, router, "globex", "secret-a", "m2"))
	require.Equal(t, 401, deliver(t, router, "initech", "secret-a", "m2"))
	require.Equal(t, []string{"acme m1", "globex m1"}, got)

	w := httptest.NewRecorder()
	router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/hooks/acme/maia", nil))
	require.Equal(t, 405, w.Code)
	require.Equal(t, "POST", w.Header().Get("Allow"))
}

// What is signed with another secret is refused once, and MAIA does not come
// again.
func TestUnsigned(t *testing.T) {
	t.Parallel()
	webhooks, err := newWebhooks(secrets, func(context.Context, agentmsg.Event) error { t.Error("it ran"); return nil }, quiet)
	require.NoError(t, err)
	maia := mockserver.Start(t, channel("acme", "secret-a"), mockserver.WithWebhookHandler(newRouter(webhooks), ""),
		mockserver.WithFault(mockserver.Fault{Kind: mockserver.BadSignature}))
	maia.CustomerSays("s1", "hi")
	require.NoError(t, maia.Idle(t.Context()))
	require.Len(t, maia.Deliveries(), 1)
	require.Equal(t, 401, maia.Deliveries()[0].Status)
}

// The log says what is wrong with a router whose middleware reads bodies.
func TestBodyReader(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	webhooks, err := newWebhooks(secrets, func(context.Context, agentmsg.Event) error { t.Error("it ran"); return nil },
		agentmsg.WithWebhookLogger(slog.New(slog.NewTextHandler(&log, nil))))
	require.NoError(t, err)
	router := newRouter(webhooks, func(c *gin.Context) { _, _ = io.Copy(io.Discard, c.Request.Body) })
	require.Equal(t, 401, deliver(t, router, "acme", "secret-a", "m1"))
	require.Contains(t, log.String(), "something had read the body before")
	require.NotContains(t, log.String(), "confidential")
}

// A function that ran on after its request still knows whose event it is,
// though gin has given its Context to others; and its success counts.
func TestLateFunction(t *testing.T) {
	t.Parallel()
	for name, around := range map[string]func(http.Handler) http.Handler{
		"the handler's deadline": func(h http.Handler) http.Handler { return h },
		"http.TimeoutHandler":    func(h http.Handler) http.Handler { return http.TimeoutHandler(h, 8*time.Second, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { lateFunction(t, around) })
		})
	}
}

func lateFunction(t *testing.T, around func(http.Handler) http.Handler) {
	whose := make(chan string, 2)
	webhooks, err := newWebhooks(secrets, func(ctx context.Context, _ agentmsg.Event) error {
		if agentmsg.TenantID(ctx) == "acme" {
			time.Sleep(12 * time.Second)
		}
		whose <- agentmsg.TenantID(ctx)
		return nil
	}, quiet)
	require.NoError(t, err)
	maia := mockserver.Start(t, channel("acme", "secret-a"), mockserver.WithWebhookHandler(around(newRouter(webhooks)), ""))
	maia.CustomerSays("s1", "hi")
	require.NoError(t, maia.WaitDeliveries(t.Context(), 1))
	require.Equal(t, 503, maia.Deliveries()[0].Status)
	require.Equal(t, 8*time.Second, maia.Deliveries()[0].Took)
	require.Equal(t, 200, deliver(t, newRouter(webhooks), "globex", "secret-g", "m1"))
	require.NoError(t, maia.Idle(t.Context()))
	require.Equal(t, 200, maia.Deliveries()[1].Status)
	require.Equal(t, "globex", <-whose)
	require.Equal(t, "acme", <-whose)
	require.NoError(t, webhooks.Shutdown(t.Context()))
	require.Equal(t, agentmsg.WebhookStats{Handled: 2, Duplicates: 1}, webhooks.Stats())
}
