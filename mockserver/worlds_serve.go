package mockserver

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// secret is a credential for [Credentials].
func secret(credential string) agentmsg.Secret { return agentmsg.Secret(credential) }

// ServeHTTP gives a request to the world of its credential.
func (w *Worlds) ServeHTTP(rw http.ResponseWriter, r *http.Request) { w.serve(rw, r, nil) }

// Or is these worlds, and others for requests that carry no credential for
// them: a server of [New] beside them, say, with credentials of its own.
// Presigned links find the one that made them.
func (w *Worlds) Or(others http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.serve(rw, r, others) })
}

func (w *Worlds) serve(rw http.ResponseWriter, r *http.Request, others http.Handler) {
	var in *inhabited
	status, reason := http.StatusUnauthorized, ""
	credential, ok := TestCredential(r)
	hash, stored := linkedWorld(r)
	switch {
	case hash != "":
		in = w.enterHash(hash)
	case ok && !stored:
		status = http.StatusServiceUnavailable
		in, reason = w.enter(credential)
	case others != nil:
		others.ServeHTTP(rw, r)
		return
	}
	if in == nil {
		w.refuse(rw, r, status, reason)
		return
	}
	defer w.leave(in)
	in.server.ServeHTTP(rw, r)
}

// linkedWorld is the world that a presigned link names, and whether the
// request is for the storage at all.
func linkedWorld(r *http.Request) (hash string, stored bool) {
	if !strings.HasPrefix(r.URL.Path, storagePath) {
		return "", false
	}
	query, _ := url.ParseQuery(r.URL.RawQuery) // as far as it can be read
	return query.Get(queryCredential), true
}

// refuse answers where there is no world, as the API would whose path it is.
func (w *Worlds) refuse(rw http.ResponseWriter, r *http.Request, status int, reason string) {
	x := &exchange{server: w.nobody, w: rw, r: r, at: time.Now(), path: r.URL.EscapedPath()}
	x.route()
	var a answer
	switch {
	case strings.HasPrefix(r.URL.Path, storagePath):
		if r.Body != nil { // a client still writing might never look at the answer
			_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxFileBytes))
		}
		a = (&storageError{status: http.StatusForbidden, code: "AccessDenied", message: "The world of this link is over, or there never was one"}).answer()
	case reason != "":
		a = x.refused(refuse(status, reason))
	case x.endpoint == nil:
		a = x.refused(refuse(http.StatusNotImplemented, "mockserver: no API here has "+r.Method+" "+x.path))
	default:
		a = x.refused(refuse(status, fmt.Sprintf("Invalid or missing %s: here it starts with test_ or sk_test_", x.credentialName())))
	}
	maps.Copy(rw.Header(), a.header)
	rw.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	rw.WriteHeader(a.status)
	_, _ = rw.Write(a.body)
}

// credentialName is what the path's API calls it.
func (x *exchange) credentialName() string {
	switch x.endpoint.api() {
	case wire.BluBash:
		return "API key"
	case wire.Conversations:
		return "token"
	}
	return "API token"
}
