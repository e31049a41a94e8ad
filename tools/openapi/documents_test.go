// Package openapi_test holds the documents of mockserver/openapi to what the
// mock does: every exchange, every webhook, every golden vector. It has a
// module of its own, because the library that reads the documents is no
// dependency of a user's.
package openapi_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/agentmsg/agentmsg/mockserver/openapi"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	openapi3filter.RegisterBodyDecoder("application/xml", decodeXML) // of the storage; the library has none
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.PlainBodyDecoder)
	goleak.VerifyTestMain(m)
}

// decodeXML reads an element whose members are texts.
func decodeXML(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
	var root struct {
		XMLName xml.Name
		Members []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := xml.NewDecoder(body).Decode(&root); err != nil {
		return nil, err
	}
	if root.XMLName.Local != "Error" {
		return nil, fmt.Errorf("the root is %s", root.XMLName.Local)
	}
	members := map[string]any{}
	for _, member := range root.Members {
		members[member.XMLName.Local] = member.Text
	}
	return members, nil
}

// document is one of the files, ready to judge by.
type document struct {
	*openapi3.T
	name   string
	router routers.Router
}

// documents are those of a test. The mock serves all of them on one host.
type documents map[wire.API]*document

// control is the control API of the program, in a file beside the three.
const control wire.API = "control"

var fileOf = map[wire.API]string{wire.MAIA: "maia.yaml", wire.BluBash: "blubash.yaml", wire.Conversations: "conversations.yaml"}

func load(t *testing.T) documents {
	t.Helper()
	all := documents{}
	for api, name := range fileOf {
		all[api] = read(t, name)
	}
	return all
}

func read(t *testing.T, name string) *document {
	t.Helper()
	text, err := fs.ReadFile(openapi.Files(), name)
	require.NoError(t, err)
	d := parse(t, name, text)
	require.NoError(t, d.Validate(t.Context(), openapi3.EnableExamplesValidation()), name)
	return d
}

// parse reads a document, and takes its servers for the mock's.
func parse(t *testing.T, name string, text []byte) *document {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err, name)
	var base string
	for _, server := range doc.Servers {
		if path, ok := strings.CutPrefix(server.URL, "http://127.0.0.1:8080"); ok {
			base = path
		}
	}
	doc.Servers = openapi3.Servers{{URL: base + "/"}}
	if base != "" {
		doc.Servers[0].URL = base
	}
	for _, item := range doc.Paths.Map() {
		item.Servers = nil
	}
	router, err := gorillamux.NewRouter(doc)
	require.NoError(t, err, name)
	return &document{doc, name, router}
}

// of finds the document that a path belongs to.
func (all documents) of(path string) *document {
	switch {
	case strings.HasPrefix(path, "/_mock/"):
		return all[control]
	case strings.HasPrefix(path, "/api/v1/"):
		return all[wire.BluBash]
	case strings.HasPrefix(path, "/v1/"):
		return all[wire.Conversations]
	}
	return all[wire.MAIA]
}

// operation is one of a document; webhook says that the receiver's is the
// answer.
type operation struct {
	document     *document
	method, path string
	webhook      bool
	item         *openapi3.PathItem
	*openapi3.Operation
}

func (d *document) operations() []operation {
	var all []operation
	for path, item := range d.Paths.Map() {
		for method, o := range item.Operations() {
			all = append(all, operation{d, method, path, false, item, o})
		}
	}
	for name, item := range d.Webhooks {
		for method, o := range item.Operations() {
			all = append(all, operation{d, method, name, true, item, o})
		}
	}
	return all
}

// Each operation of the client's table is in its document, under its own name,
// method and path, and no document has another.
func TestOperationsAreTheTables(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	for api, d := range load(t) {
		for _, o := range d.operations() {
			if o.webhook {
				require.True(t, strings.HasPrefix(o.OperationID, "webhook."), o.OperationID)
				continue
			}
			names, ok := o.Extensions["x-agentmsg-operations"].([]any)
			require.True(t, ok, "%s %s does not say which operations it serves", o.method, o.path)
			require.Equal(t, any(o.OperationID), names[0], "the first of them is the operationId")
			for _, name := range names {
				require.NotContains(t, found, name)
				found[name.(string)] = fmt.Sprint(api, " ", o.method, " ", o.path) // a name is a text, or the key is not found below
			}
		}
	}
	want := map[string]string{}
	for _, op := range wire.Ops() {
		path := strings.ReplaceAll(op.Route().Template(), "...}", "}")
		if op.Route().Presigned() {
			path = "/storage/{key}"
		}
		want[op.Name()] = fmt.Sprint(op.API(), " ", op.Route().Method(), " ", path)
	}
	require.Equal(t, want, found)
}
