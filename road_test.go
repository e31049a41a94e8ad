package agentmsg_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/stretchr/testify/require"
)

// A call goes through four frames of this module, by name.
func TestRoad(t *testing.T) {
	t.Parallel()
	var road []string
	client := faultClient(t, "http://api.test", agentmsg.WithHTTPClient(&http.Client{Transport: tripFunc(func(r *http.Request) (*http.Response, error) {
		pcs := make([]uintptr, 64)
		frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
		for {
			frame, more := frames.Next()
			if strings.HasPrefix(frame.Function, module) && !strings.HasPrefix(frame.Function, module+"_test") {
				road = append(road, strings.TrimPrefix(frame.Function, module))
			}
			if !more {
				break
			}
		}
		return memorySays(200, nil, peer.Good)(r)
	})}))
	_, err := client.Messages.Send(t.Context(), agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: "hi"})
	require.NoError(t, err)
	require.Equal(t, []string{"/internal/transport.attempt.RoundTrip", "/internal/transport.Do", ".call[...]", ".(*MessagesService).Send"}, road)
}

// The methods of the services are the operations of the table, one for one,
// and each is documented with its route.
func TestEachOpHasItsMethodAndDoc(t *testing.T) {
	t.Parallel()
	want := map[string]string{ // those that are made of others
		"Attachments.Upload": "POST /messages/upload, then PUT presigned URL", "Kanbans.All": "GET /kanbans", "Connections.All": "GET /connections",
	}
	for _, op := range wire.Ops() {
		want[op.Name()] = op.Route().String()
	}
	documented := map[string]string{}
	for name, doc := range methodDocs(t) {
		service, method, _ := strings.Cut(name, ".")
		if service, ok := strings.CutSuffix(service, "Service"); ok {
			_, route, _ := strings.Cut(doc, "\nAPI: ")
			documented[service+"."+method] = strings.TrimSuffix(strings.TrimSpace(route), ".")
		}
	}
	require.Equal(t, want, documented)

	services := reflect.TypeFor[agentmsg.Client]()
	for name := range want {
		service, method, _ := strings.Cut(name, ".")
		field, ok := services.FieldByName(service)
		require.True(t, ok, "Client.%s", service)
		_, ok = field.Type.MethodByName(method)
		require.True(t, ok, "Client.%s.%s", service, method)
	}
}

// methodDocs are the comments of the root's exported methods, by "Type.Method".
func methodDocs(t *testing.T) map[string]string {
	t.Helper()
	docs := map[string]string{}
	for _, file := range sources(t) {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			receiver := f.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			if ident, ok := receiver.(*ast.Ident); ok {
				docs[ident.Name+"."+f.Name.Name] = f.Doc.Text()
			}
		}
	}
	return docs
}

// sources are the root package's own files.
func sources(t *testing.T) []*ast.File {
	t.Helper()
	var files []*ast.File
	names, err := fs.Glob(rootFS, "*.go")
	require.NoError(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

// The public names of operations, APIs and classes are those of the table.
func TestOpConstantsAreTheTables(t *testing.T) {
	t.Parallel()
	public := []agentmsg.Op{
		agentmsg.OpSend, agentmsg.OpEcho, agentmsg.OpRequestUpload, agentmsg.OpPut, agentmsg.OpDownloadURL, agentmsg.OpDownload,
		agentmsg.OpSendAgentMessage, agentmsg.OpAddNote, agentmsg.OpLinkMessage, agentmsg.OpUpdateStatus, agentmsg.OpReact,
		agentmsg.OpPauseAI, agentmsg.OpResumeAI, agentmsg.OpListKanbans, agentmsg.OpListConnections,
		agentmsg.OpSendContactMessage, agentmsg.OpSendConversationMessage,
	}
	require.Len(t, wire.Ops(), len(public))
	for i, op := range wire.Ops() {
		require.EqualValues(t, op.Name(), public[i])
		require.NotZero(t, op.Class())
	}
	require.EqualValues(t, wire.Do.Name(), agentmsg.OpDo)
	require.Equal(t, []wire.API{wire.MAIA, wire.BluBash, wire.Conversations}, []wire.API{wire.API(agentmsg.MAIA), wire.API(agentmsg.BluBash), wire.API(agentmsg.Conversations)})
}

// What users embed has no methods: they would be promoted into the params.
func TestEmbeddedTypesHaveNoMethods(t *testing.T) {
	t.Parallel()
	for _, embedded := range []reflect.Type{reflect.TypeFor[*agentmsg.Channel](), reflect.TypeFor[*agentmsg.ContactContent]()} {
		require.Zero(t, embedded.NumMethod(), "%v", embedded)
	}
}

// A context that has ended sends nothing.
func TestEndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := peer.New(t)
	for _, c := range faultCalls {
		err := c.call(ctx, faultClient(t, s.URL()))
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(err))
	}
	require.Zero(t, s.Seen())
}

// A type that mirrors the wire says where that was read.
func TestWireTypesNameTheirSource(t *testing.T) {
	t.Parallel()
	for _, file := range sources(t) {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.TYPE {
				continue
			}
			for _, spec := range group.Specs {
				named := spec.(*ast.TypeSpec)
				if shape, ok := named.Type.(*ast.StructType); ok && named.Name.IsExported() && hasJSON(shape) {
					require.Contains(t, group.Doc.Text(), "Source: ", named.Name.Name)
				}
			}
		}
	}
}

func hasJSON(shape *ast.StructType) bool {
	for _, field := range shape.Fields.List {
		if field.Tag != nil && strings.Contains(field.Tag.Value, "json:") {
			return true
		}
	}
	return false
}
