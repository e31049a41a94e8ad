// Package openapi holds OpenAPI 3.1 documents of the APIs that package
// mockserver plays, for clients in other languages and for whoever wants to
// read one: maia.yaml with its webhooks, blubash.yaml and conversations.yaml;
// and control.yaml, the control API of the mock as a program.
//
// They say what the mock does, and of each fact whose it is: what is not marked
// is the vendor's documentation, "Ours" is the mock's choice. Every exchange of
// this module's conformance suite is validated against them.
package openapi

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Files are the documents, by name.
func Files() fs.FS { return files }

// Handler serves the documents by name, and a list of them at its root. Mount
// it with [http.StripPrefix] where it is not at the root of a server. It takes
// GET and HEAD.
func Handler() http.Handler {
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "the documents can only be read", http.StatusMethodNotAllowed)
			return
		}
		if strings.HasSuffix(r.URL.Path, ".yaml") { // what the extension means to net/http depends on the machine
			w.Header().Set("Content-Type", "application/yaml")
		}
		serve.ServeHTTP(w, r)
	})
}
