package control_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/control"
	"github.com/stretchr/testify/require"
)

// A token, where there is one, is needed for all but the documents.
func TestToken(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{Token: "t0ken"})
	status, answer := h.ask(http.MethodGet, "/_mock/sessions", "")
	require.Equal(t, http.StatusUnauthorized, status)
	require.Contains(t, answer, "X-Mock-Token")
	require.NotContains(t, answer, "t0ken")
	status, _ = h.ask(http.MethodPost, "/_mock/reset", "", control.TokenHeader, "t0ke")
	require.Equal(t, http.StatusUnauthorized, status)
	h.get("sessions", nil, control.TokenHeader, "t0ken")
	h.get("config.schema.json", &struct{}{})
	status, answer = h.ask(http.MethodGet, "/_mock/openapi/maia.yaml", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, answer, "openapi: 3.1")
}

// A page in a browser on the same machine controls nothing, unless it is ours.
func TestOtherSites(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{})
	status, answer := h.ask(http.MethodPost, "/_mock/reset", "", "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, answer, "a page of another site")
	status, _ = h.ask(http.MethodPost, "/_mock/reset", "", "Origin", "https://example.com")
	require.Equal(t, http.StatusForbidden, status)
	h.post("reset", "", "Sec-Fetch-Site", "same-origin", "Origin", h.url)
	for host, status := range map[string]int{ // a name of theirs that leads here makes their page the same site
		"evil.example:8080": 403, "evil.example": 403, "localhost.evil.example": 403, "0.0.0.0:80": 403, "192.0.2.1": 403, "127.0.0.1.evil.example:1": 403,
		"127.0.0.1:1": 200, "localhost": 200, "LOCALHOST:80": 200, "mock.localhost:8080": 200, "[::1]:8080": 200, "[::1]": 200, "127.1.2.3": 200,
	} {
		for _, c := range []string{"POST reset", "GET requests"} {
			method, path, _ := strings.Cut(c, " ")
			got, answer := h.ask(method, "/_mock/"+path, "", "Host", host, "Origin", "http://"+host)
			require.Equal(t, status, got, "%s %s: %s", host, c, answer)
		}
	}
	guarded := start(t, control.Options{Token: "t0ken"})
	guarded.get("requests", nil, control.TokenHeader, "t0ken", "Host", "mock.example")
}
