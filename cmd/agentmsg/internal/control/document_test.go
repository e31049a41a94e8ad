package control_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/control"
	"github.com/agentmsg/agentmsg/mockserver/openapi"
	"github.com/stretchr/testify/require"
)

// The OpenAPI document has each call that there is.
func TestDocumentHasEachRoute(t *testing.T) {
	t.Parallel()
	h := start(t, control.Options{OpenAPI: openapi.Handler()})
	document, err := fs.ReadFile(openapi.Files(), "control.yaml")
	require.NoError(t, err)
	var about struct {
		Routes []struct{ Route string }
	}
	h.get("", &about)
	require.NotEmpty(t, about.Routes)
	for _, r := range about.Routes {
		method, path, _ := strings.Cut(r.Route, " /_mock")
		if path == "/openapi/" {
			path += "{document}"
		}
		_, item, found := strings.Cut(string(document), "\n  "+path+":\n")
		require.True(t, found, r.Route)
		item, _, _ = strings.Cut(item, "\n  /")
		require.Contains(t, "\n"+item, "\n    "+strings.ToLower(method)+":\n", r.Route)
	}
}
