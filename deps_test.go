package agentmsg_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var rootFS = os.DirFS(".")

// Who imports this module links these modules and no others.
func TestLinkedModules(t *testing.T) {
	t.Parallel()
	allowed := []string{"github.com/agentmsg/agentmsg", "github.com/hashicorp/go-cleanhttp", "github.com/hashicorp/go-retryablehttp", "github.com/google/go-querystring"}
	for _, pkg := range []string{".", "./mockserver"} {
		for _, module := range goList(t, "{{with .Module}}{{.Path}}{{end}}", pkg) {
			require.Contains(t, allowed, module, pkg)
		}
		linked := goList(t, "{{.ImportPath}}", pkg)
		require.Contains(t, linked, "net/http", "the list is one")
		for _, never := range []string{"testing", "net/http/httptest", "github.com/stretchr/testify/require"} {
			require.NotContains(t, linked, never, pkg)
		}
		if pkg == "." {
			require.NotContains(t, linked, "github.com/agentmsg/agentmsg/mockserver")
		}
	}
}

// The leaves import nothing of this module.
func TestLeaves(t *testing.T) {
	t.Parallel()
	for _, leaf := range []string{"wire", "transport", "signature"} {
		for _, linked := range goList(t, "{{.ImportPath}}", "./internal/"+leaf) {
			require.True(t, !strings.HasPrefix(linked, "github.com/agentmsg/") || strings.HasSuffix(linked, "/internal/"+leaf), "%s links %s", leaf, linked)
		}
	}
}

// goList is what a package and its dependencies say, without repeats.
func goList(t *testing.T, format, pkg string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, pkg)
	list.Env = append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	require.NoError(t, err)
	lines := strings.Fields(string(out))
	slices.Sort(lines)
	return slices.Compact(lines)
}
