package openapi_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/agentmsg/agentmsg/mockserver/openapi"
	"github.com/stretchr/testify/require"
)

// What the documents say is judged in tools/openapi, where there is a library
// that can read them.
func TestHandler(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(openapi.Files(), "*")
	require.NoError(t, err)
	require.Equal(t, []string{"blubash.yaml", "control.yaml", "conversations.yaml", "maia.yaml"}, names)
	mounted := http.StripPrefix("/_mock/openapi", openapi.Handler())
	for _, name := range names {
		want, err := fs.ReadFile(openapi.Files(), name)
		require.NoError(t, err)
		answer := ask(mounted, http.MethodGet, "/_mock/openapi/"+name)
		require.Equal(t, http.StatusOK, answer.Code, name)
		require.Equal(t, string(want), answer.Body.String())
		require.Equal(t, "application/yaml", answer.Header().Get("Content-Type"))
		require.Contains(t, ask(mounted, http.MethodGet, "/_mock/openapi/").Body.String(), name)
	}
	require.Empty(t, ask(mounted, http.MethodHead, "/_mock/openapi/maia.yaml").Body.String())
	missing := ask(mounted, http.MethodGet, "/_mock/openapi/none.yaml")
	require.Equal(t, http.StatusNotFound, missing.Code)
	require.Equal(t, "text/plain; charset=utf-8", missing.Header().Get("Content-Type"))
	refused := ask(mounted, http.MethodPost, "/_mock/openapi/maia.yaml")
	require.Equal(t, http.StatusMethodNotAllowed, refused.Code)
	require.Equal(t, "GET, HEAD", refused.Header().Get("Allow"))
}

func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, http.NoBody))
	return w
}
