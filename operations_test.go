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

// What the vendors show no example of. Its bytes are held by its shape alone.
var (
	noGoldenRequest = map[wire.Op]string{
		wire.Put:      "the bytes are the file's",
		wire.ResumeAI: "the vendor shows the pause; false stands where true does",
	}
	noGoldenAnswer = map[wire.Op]string{
		wire.Put:          "a storage answers nothing",
		wire.Download:     "the bytes are the file's",
		wire.ResumeAI:     "the vendor shows the pause",
		wire.LinkMessage:  "not documented",
		wire.UpdateStatus: "not documented",
		wire.React:        "not documented",
	}
)

// TestEachOperationIsWhole fails for an operation that lacks a method, a doc
// with its route, golden bytes, an exact shape or an executed Example. That the
// mock serves it is in mockserver's own TestEachOpIsServed.
func TestEachOperationIsWhole(t *testing.T) {
	t.Parallel()
	require.Len(t, wire.Ops(), 17)
	docs, called := methodDocs(t), calledInExamples(t)
	requests, answers := goldenOps(t)
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
			_, none := noGoldenRequest[op]
			require.Equal(t, !none && op.Route().Method() != http.MethodGet, requests[op.Name()], "golden bytes of its request")
			_, none = noGoldenAnswer[op]
			require.Equal(t, !none, answers[op.Name()], "golden bytes of its answer")
			require.True(t, shaped[op.Name()], "no shape")
			require.True(t, called[op.Name()], "no executed Example calls it")
		})
	}
}

// goldenOps are the operations whose requests, and whose answers, are compared
// with the vendors' examples.
func goldenOps(t *testing.T) (requests, answers map[string]bool) {
	t.Helper()
	requests, answers = map[string]bool{}, map[string]bool{}
	ops := requests
	client, _ := wireClient(t, http.StatusOK, anyAnswer, agentmsg.WithAttemptHook(func(_ context.Context, a agentmsg.Attempt) { ops[string(a.Op)] = true }))
	for _, row := range goldenRequests {
		_, err := row.call(t.Context(), client)
		require.NoError(t, err, row.file)
	}
	ops = answers
	for _, row := range goldenResponses {
		_, err := row.call(t.Context(), client)
		require.NoError(t, err, row.file)
	}
	return requests, answers
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
