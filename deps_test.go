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

const module = "github.com/agentmsg/agentmsg"

// Who imports a package of this module links these modules and no others, and
// a leaf imports nothing of this module.
func TestWhatIsLinked(t *testing.T) {
	t.Parallel()
	allowed := []string{module, "github.com/hashicorp/go-cleanhttp", "github.com/hashicorp/go-retryablehttp", "github.com/google/go-querystring"}
	linked := dependencies(t, ".", "./agent", "./mockserver", "./internal/...")
	for _, pkg := range []string{module, module + "/agent", module + "/mockserver"} {
		require.Contains(t, linked[pkg], "net/http", "the list is one")
		for _, path := range linked[pkg] {
			outside := strings.Contains(strings.Split(path, "/")[0], ".")
			require.True(t, !outside || slices.ContainsFunc(allowed, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") }), "%s links %s", pkg, path)
		}
		for _, never := range []string{"testing", "net/http/httptest", "flag"} {
			require.NotContains(t, linked[pkg], never, pkg)
		}
	}
	require.NotContains(t, linked[module], module+"/mockserver")
	require.NotContains(t, linked[module], module+"/agent")
	require.NotContains(t, linked[module+"/agent"], module+"/mockserver")
	for _, leaf := range []string{"wire", "transport", "signature", "peer"} {
		require.NotEmpty(t, linked[module+"/internal/"+leaf])
		for _, path := range linked[module+"/internal/"+leaf] {
			require.False(t, strings.HasPrefix(path, module), "%s links %s", leaf, path)
		}
	}
}

// dependencies are all packages that each of the named ones links.
func dependencies(t *testing.T, packages ...string) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-f", `{{.ImportPath}} {{join .Deps " "}}`}, packages...)...)
	list.Env = append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	require.NoError(t, err)
	linked := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		linked[fields[0]] = fields[1:]
	}
	return linked
}
