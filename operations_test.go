package agentmsg_test

import (
	"context"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/stretchr/testify/require"
)

// notInTheVectors are the operations of which the vendor shows no example:
// their bytes are held by their shape alone.
var notInTheVectors = map[wire.Op]string{
	wire.Put:      "the bytes are the file's",
	wire.Download: "the bytes are the file's",
	wire.ResumeAI: "the vendor shows the pause; false is written where true is",
}

// TestEachOperationIsWhole fails for an operation that lacks a method, a doc
// with its route, golden bytes, an exact shape or an executed Example. That the
// mock serves it is in mockserver's own TestEachOpIsServed.
func TestEachOperationIsWhole(t *testing.T) {
	t.Parallel()
	require.Len(t, wire.Ops(), 17)
	docs, golden, called := methodDocs(t), goldenOps(t), calledInExamples(t)
	shaped := map[string]bool{}
	for _, row := range everyOperation() {
		shaped[row.op.Name()] = true
	}
	for _, op := range wire.Ops() {
		t.Run(op.Name(), func(t *testing.T) {
			t.Parallel()
			service, method, _ := strings.Cut(op.Name(), ".")
			field, ok := reflect.TypeFor[agentmsg.Client]().FieldByName(service)
			require.True(t, ok, "no Client.%s", service)
			_, ok = field.Type.MethodByName(method)
			require.True(t, ok, "no Client.%s", op.Name())
			comment := docs[service+"Service."+method]
			require.True(t, strings.HasPrefix(comment, method+" "), "its comment begins with its name")
			require.True(t, strings.HasSuffix(comment, "\n\nAPI: "+op.Route().String()+".\n"), "its comment ends with its route")
			_, excused := notInTheVectors[op]
			require.NotEqual(t, excused, golden[op.Name()], "golden bytes")
			require.True(t, shaped[op.Name()], "no shape")
			require.True(t, called[op.Name()], "no executed Example calls it")
		})
	}
}

// goldenOps are the operations that the rows of vectors call.
func goldenOps(t *testing.T) map[string]bool {
	t.Helper()
	ops := map[string]bool{}
	hear := agentmsg.WithAttemptHook(func(_ context.Context, a agentmsg.Attempt) { ops[string(a.Op)] = true })
	client, _ := wireClient(t, http.StatusOK, anyAnswer, hear)
	for _, row := range goldenRequests {
		_, err := row.call(t.Context(), client)
		require.NoError(t, err, row.file)
	}
	for _, row := range goldenResponses {
		_, err := row.call(t.Context(), client)
		require.NoError(t, err, row.file)
	}
	return ops
}

// executed are the package's Examples that are run: those that say what they
// print.
func executed(t *testing.T) []*doc.Example {
	t.Helper()
	var files []*ast.File
	names, err := fs.Glob(rootFS, "*_test.go")
	require.NoError(t, err)
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	var run []*doc.Example
	for _, example := range doc.Examples(files...) {
		require.NotEmpty(t, example.Output, "Example%s is compiled and never run", example.Name)
		require.NotEmpty(t, example.Doc, "Example%s does not say why", example.Name)
		run = append(run, example)
	}
	return run
}

func TestExamples(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(executed(t)), 30)
}

// calledInExamples are the Service.Method of the calls in executed Examples.
func calledInExamples(t *testing.T) map[string]bool {
	t.Helper()
	called := map[string]bool{}
	for _, example := range executed(t) {
		ast.Inspect(example.Code, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if method, ok := call.Fun.(*ast.SelectorExpr); ok {
					if service, ok := method.X.(*ast.SelectorExpr); ok {
						called[service.Sel.Name+"."+method.Sel.Name] = true
					}
				}
			}
			return true
		})
	}
	return called
}
