package agentmsg_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// snippets are the README's blocks of Go in their order: the heading that each
// stands under, and what a reader has around it. "A first message" is whole.
// The program and the unit test are run as well, by .ci/integrator.
var snippets = []struct{ heading, before, after string }{
	{heading: "A first message"},
	{
		heading: "Files",
		before: `package snippet
import (
	"context"

	"github.com/agentmsg/agentmsg"
)
func _(ctx context.Context, client *agentmsg.Client, channel agentmsg.Channel, session agentmsg.SessionID) error {
`,
		after: "return err\n}\n",
	},
	{
		heading: "Errors: did it happen?",
		before: `package snippet
import (
	"context"
	"errors"
	"log"

	"github.com/agentmsg/agentmsg"
)
func _(ctx context.Context, client *agentmsg.Client, params agentmsg.SendMessageParams) {
`,
		after: "_ = receipt\n}\n",
	},
	{
		heading: "Webhooks",
		before: `package snippet
import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/agentmsg/agentmsg"
)
func _(deliver func(context.Context, agentmsg.SessionID, string) error) {
`,
		after: "}\n",
	},
	{
		heading: "Ask",
		before: `package snippet
import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
)
func _(ctx context.Context, client *agentmsg.Client, handle func(context.Context, agentmsg.Event) error) error {
`,
		after: "return nil\n}\n",
	},
	{
		heading: "Testing your own code",
		before: `package snippet
import (
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)
`,
	},
}

// Every block of Go in the README compiles.
func TestReadmeCompiles(t *testing.T) {
	t.Parallel()
	blocks := readmeBlocks(t)["go"]
	require.Len(t, blocks, len(snippets), "blocks of Go in the README, and rows of the table")

	fset, files := token.NewFileSet(), make([]*ast.File, len(blocks))
	for i, block := range blocks {
		require.Equal(t, snippets[i].heading, block.heading)
		source := fmt.Sprintf("%s//line README.md:%d\n%s%s", snippets[i].before, block.line, block.text, snippets[i].after)
		file, err := parser.ParseFile(fset, "around "+block.heading, source, parser.SkipObjectResolution)
		require.NoError(t, err, block)
		files[i] = file
	}
	compiled := importer.ForCompiler(fset, "gc", exports(t, files))
	for i, file := range files {
		check := types.Config{Importer: compiled, Error: func(err error) { t.Error(err) }}
		if _, err := check.Check("snippet", fset, []*ast.File{file}, nil); err != nil {
			t.Errorf("%s does not compile as the table wraps it", blocks[i])
		}
	}
}

// The commands in the README name what there is.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	shell := readmeBlocks(t)["sh"]
	require.NotEmpty(t, shell)
	mod, err := fs.ReadFile(rootFS, "go.mod")
	require.NoError(t, err)
	for _, block := range shell {
		for command := range strings.Lines(block.text) {
			words := strings.Fields(command)
			switch verb := strings.Join(words[:min(2, len(words))], " "); {
			case verb == "go get" && len(words) == 3:
				require.True(t, strings.HasPrefix(string(mod), "module "+words[2]+"\n"), "%s: %s is not this module", block, words[2])
			case verb == "go run" && len(words) == 3:
				_, err := fs.Stat(rootFS, path.Join(words[2], "main.go"))
				require.NoError(t, err, block)
			case verb == "go install" && len(words) == 3:
				program, ok := strings.CutPrefix(strings.TrimSuffix(words[2], "@latest"), "github.com/agentmsg/agentmsg/")
				require.True(t, ok, block)
				_, err := fs.Stat(rootFS, path.Join(program, "main.go"))
				require.NoError(t, err, block)
			case verb == "agentmsg mock": // its flags are in the help, which the program's own tests compare
				help, err := fs.ReadFile(rootFS, "cmd/agentmsg/testdata/script/help.txtar")
				require.NoError(t, err)
				for _, word := range words[2:] {
					require.True(t, !strings.HasPrefix(word, "-") || strings.Contains(string(help), "      "+word+" "), "%s: %s is no flag", block, word)
				}
			case verb == "go test" && len(words) == 3:
				require.Equal(t, "./...", words[2], block)
			default:
				t.Errorf("%s: %q is a command that this test cannot check: teach it", block, command)
			}
		}
	}
}

// The README's links to files lead somewhere.
func TestReadmeLinks(t *testing.T) {
	t.Parallel()
	var prose strings.Builder
	for _, line := range readmeBlocks(t)[""] {
		prose.WriteString(line.text)
	}
	links := regexp.MustCompile(`\]\(([^)#]+)`).FindAllStringSubmatch(prose.String(), -1)
	require.NotEmpty(t, links)
	for _, link := range links {
		if strings.Contains(link[1], "://") {
			continue // no test asks the network
		}
		_, err := fs.Stat(rootFS, link[1])
		require.NoError(t, err)
	}
}

// fenced is a fenced block of the README.
type fenced struct {
	heading, text string
	line          int // of its first line of text
}

func (f fenced) String() string { return fmt.Sprintf("README.md:%d, %q", f.line, f.heading) }

// readmeBlocks are the README's fenced blocks by language, and its other lines
// under "". A language that no test looks at fails.
func readmeBlocks(t *testing.T) map[string][]fenced {
	t.Helper()
	readme, err := fs.ReadFile(rootFS, "README.md")
	require.NoError(t, err)
	blocks, heading, number := map[string][]fenced{}, "", 0
	var language string
	var block *fenced
	for line := range strings.Lines(string(readme)) {
		number++
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && block == nil:
			// The text blocks are the quickstart's output, which its own test compares;
			// that of bash is run by .ci/other_languages.
			require.Contains(t, []string{"go", "sh", "bash", "text"}, fence, "README.md:%d", number)
			language, block = fence, &fenced{heading: heading, line: number + 1}
		case isFence:
			require.Empty(t, fence, "README.md:%d", number)
			blocks[language] = append(blocks[language], *block)
			block = nil
		case block != nil:
			block.text += line
		default:
			blocks[""] = append(blocks[""], fenced{heading, line, number})
			if strings.HasPrefix(line, "#") {
				heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
			}
		}
	}
	require.Nil(t, block, "a block without an end")
	return blocks
}

// exports opens what the compiler wrote about the packages that the files
// import, and about all below them.
func exports(t *testing.T, files []*ast.File) importer.Lookup {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}
	for _, file := range files {
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			args = append(args, imported)
		}
	}
	list := exec.CommandContext(t.Context(), "go", args...)
	list.Env = append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		require.NoError(t, err, string(failed.Stderr))
	}
	require.NoError(t, err)
	compiled := map[string]string{}
	for line := range strings.Lines(string(out)) {
		imported, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		compiled[imported] = file
	}
	return func(imported string) (io.ReadCloser, error) { return os.Open(compiled[imported]) }
}
