package wire_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/stretchr/testify/require"
)

func TestPath(t *testing.T) {
	t.Parallel()
	link := wire.LinkMessage.Route()
	require.Equal(t, "POST /sessions/{sessionId}/messages/{messageId}/link", link.String())
	require.Equal(t, "POST /v1/sessions/{sessionId}/messages/{messageId}/link", link.Pattern("/v1"))
	require.Equal(t, http.MethodPost, link.Method())
	require.Equal(t, "/sessions/a/messages/b/link", link.Path("a", "b"))
	require.Equal(t, "/sessions/a%2Fb%3Fc/messages/%7Bx%7D%20%E2%82%AC/link", link.Path("a/b?c", "{x} €"))
	require.Equal(t, "/messages", wire.Send.Route().Path())
	require.PanicsWithValue(t, "wire: "+link.String()+" takes 2 path arguments, got 1", func() { link.Path("a") })
	require.Equal(t, "/attachments/attachments/acc/a%20b%3F.jpg", wire.DownloadURL.Route().Path("attachments/acc/a b?.jpg"))
	require.Equal(t, "PUT presigned URL", wire.Put.Route().String())
	require.Panics(t, func() { wire.Send.Route().Path("a") })
	require.Equal(t, "/a%2Fb/c", wire.PathOf("a/b", "c"))
	require.Empty(t, wire.PathOf())
}

func TestOps(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, op := range wire.Ops() {
		require.False(t, seen[op.Name()], op.Name())
		seen[op.Name()] = true
		require.NotEqual(t, "none", op.Class().String(), op.Name())
		require.NotEmpty(t, op.API(), op.Name())
		require.Equal(t, !op.Route().Presigned(), strings.HasPrefix(op.Route().Template(), "/"), op.Name())
	}
	require.NotContains(t, seen, wire.Do.Name())
	require.Equal(t, "none", wire.Class(0).String())
	require.Equal(t, []string{"safe", "keyed", "unsafe"}, []string{wire.Safe.String(), wire.Keyed.String(), wire.Unsafe.String()})
}

// What the client writes the server's router reads back, whatever it is: one
// argument is one element.
func FuzzPath(f *testing.F) {
	for _, arg := range []string{"a", "a/b", "a%2Fb", "{x}", "?q", "#f", " ", "é€👍", "\x00", "\xff", "...", "a;b", "+55 21", "..%2f", "a\\b"} {
		f.Add(arg, "b")
		f.Add("s", arg)
	}
	route := wire.LinkMessage.Route()
	f.Fuzz(func(t *testing.T, session, message string) {
		for _, arg := range []string{session, message} {
			switch arg {
			case "", ".", "..":
				t.Skip("the client refuses these")
			case "/":
				t.Skip("net/http's router takes an element that is %2F alone for the end of a path")
			}
		}
		path := route.Path(session, message)
		u, err := url.Parse("http://api.test" + path)
		require.NoError(t, err)
		require.Equal(t, path, u.EscapedPath())
		require.Empty(t, u.RawQuery+u.Fragment)

		var got []string
		mux := http.NewServeMux()
		mux.HandleFunc(route.Pattern(""), func(_ http.ResponseWriter, r *http.Request) {
			got = []string{r.PathValue("sessionId"), r.PathValue("messageId")}
		})
		mux.ServeHTTP(httptest.NewRecorder(), &http.Request{Method: route.Method(), URL: u, Host: u.Host})
		require.Equal(t, []string{session, message}, got)
	})
}
