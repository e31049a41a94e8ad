package bare_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/stretchr/testify/require"
)

// What is sent has one size, whatever its id or session.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, session := range []string{"s1", bare.Session} {
		require.Len(t, bare.Message(session), 400)
		require.Len(t, bare.Event("m-"+session, session), 600)
	}
}

func TestServer(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	bare.NewServer().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/messages", strings.NewReader(`{"content":"Hi","sessionId":"s1"}`)))
	require.Equal(t, http.StatusAccepted, w.Code)
	require.JSONEq(t, `{"sessionId":"s1","isNewSession":false,"userMessage":{"id":"1","role":"user","content":"Hi","timestamp":1704067200000},
		"message":"Message received. AI response will be delivered via webhook."}`, w.Body.String())
	require.Equal(t, http.StatusBadRequest, bare.ServeJSON(bare.NewServer(), "/messages", bare.Token, "no JSON"))
}

// A delivery never comes again, and what a handler refuses is an error.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	d := bare.NewDeliveries(2, 3, func(nth int) string {
		return bare.Request(bare.Signed("no signature"), []byte(strconv.Itoa(nth)))
	})
	seen := map[string]bool{}
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		seen[string(body)] = true
	})
	for range 2 {
		d.Renew()
		require.NoError(t, d.ServeAll(handler))
	}
	require.Len(t, seen, 12)
	refuses := bare.Receiver("secret", func(context.Context, *struct{}) error { return nil })
	require.EqualError(t, d.ServeAll(refuses), "status 401")
}
