package control

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/config"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/strict"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/agentmsg/agentmsg/mockserver/openapi"
)

// Prefix is where the control API is.
const Prefix = "/_mock/"

// TokenHeader carries the control API's token, where it needs one.
const TokenHeader = "X-Mock-Token"

// Options say how the control API is reached.
type Options struct {
	// Token is needed for each call; empty: none is.
	Token string
	// Version is the program's.
	Version string
	// Stopping ends when the program stops: long polls and streams end then.
	Stopping context.Context //nolint:containedctx // the program's, not a call's
}

// Control is the control API of a house. It is an http.Handler for what is
// under Prefix.
type Control struct {
	house   *House
	opts    Options
	mux     *http.ServeMux
	origins *http.CrossOriginProtection // whoever browses on this machine has a browser that reaches loopback
}

// New returns the control API of a house.
func New(house *House, opts Options) *Control {
	c := &Control{house: house, opts: opts, mux: http.NewServeMux(), origins: http.NewCrossOriginProtection()}
	for _, r := range routes() {
		c.mux.HandleFunc(r.pattern, func(w http.ResponseWriter, q *http.Request) { c.run(w, q, r) })
	}
	c.mux.HandleFunc("GET "+Prefix+"config.schema.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/schema+json")
		_, _ = w.Write(config.Schema)
	})
	documents := http.StripPrefix(Prefix+"openapi", openapi.Handler())
	c.mux.Handle("GET "+Prefix+"openapi/{$}", documents)
	c.mux.HandleFunc("GET "+Prefix+"openapi/{document...}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := fs.Stat(openapi.Files(), r.PathValue("document")); err != nil {
			fail(w, noDocument(r.PathValue("document")))
			return
		}
		documents.ServeHTTP(w, r)
	})
	return c
}

// noDocument is the answer to a name that no OpenAPI document has.
func noDocument(name string) *failure {
	names, _ := fs.Glob(openapi.Files(), "*.yaml") // a good pattern
	return &failure{status: http.StatusNotFound, message: fmt.Sprintf("there is no document %s; there are %s", name, strings.Join(names, ", "))}
}

// Owns says whether a request is the control API's.
func Owns(r *http.Request) bool {
	return r.URL.Path+"/" == Prefix || strings.HasPrefix(r.URL.Path, Prefix)
}

// ServeHTTP answers one call.
func (c *Control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := c.mux.Handler(r)
	if pattern == "" {
		c.lost(w, r)
		return
	}
	c.mux.ServeHTTP(w, r)
}

// lost answers what has no route.
func (c *Control) lost(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range [...]string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := c.mux.Handler(other); strings.HasPrefix(pattern, method+" ") {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		fail(w, &failure{status: http.StatusMethodNotAllowed, message: fmt.Sprintf("%s takes %s", r.URL.Path, strings.Join(allowed, " or "))})
		return
	}
	fail(w, &failure{status: http.StatusNotFound, message: "the control API has no " + r.URL.Path + ": GET " + Prefix + " lists what it has"})
}

// failure is an answer that is none.
type failure struct {
	status  int
	message string
	field   string // of the body or the query; empty: none
	at      strict.At
}

func (f *failure) Error() string { return f.message }

func bad(field, format string, args ...any) error {
	return &failure{status: http.StatusBadRequest, field: field, message: fmt.Sprintf(format, args...)}
}

// call is one call of the control API.
type call struct {
	*Control
	w          http.ResponseWriter
	r          *http.Request
	ctx        context.Context    //nolint:containedctx // ends with the request and with the program
	server     *mockserver.Server // the world's
	credential string             // of the world; empty: the default one
}

var errAnswered = errors.New("the answer has been written")

// run lets a route answer, in the world of its credential.
func (c *Control) run(w http.ResponseWriter, r *http.Request, to route) {
	if c.opts.Token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get(TokenHeader)), []byte(c.opts.Token)) != 1 {
		fail(w, &failure{status: http.StatusUnauthorized, message: "the control API needs the token that the program printed at its start, in the header " + TokenHeader})
		return
	}
	if c.opts.Token == "" && (!local(r.Host) || c.origins.Check(r) != nil) {
		fail(w, &failure{status: http.StatusForbidden, message: "a page of another site may not control the mock: call it from a program, at 127.0.0.1 or localhost, or start it with --control-token"})
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(c.opts.Stopping, cancel)()
	x := &call{Control: c, w: w, r: r, ctx: ctx}
	var ok bool
	if x.credential, ok = mockserver.TestCredential(r); !ok {
		x.server = c.house.Default()
	} else if !to.worldless {
		s, done, err := c.house.worlds.Use(x.credential)
		if err != nil {
			fail(w, &failure{status: http.StatusServiceUnavailable, message: strings.TrimPrefix(err.Error(), "mockserver: ")})
			return
		}
		defer done()
		x.server = s
	}
	answer, err := to.answer(x)
	switch {
	case errors.Is(err, errAnswered):
	case err != nil:
		fail(w, err)
	default:
		write(w, to.status, answer)
	}
}

// local says whether a Host is a name that only this machine has for itself. A
// page may have any other name lead to loopback, and is then of the same site.
func local(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil { // no port
		name = strings.Trim(host, "[]")
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback() || name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// fail answers a failure in the shape of MAIA's errors, with the field and the
// place where there are any.
func fail(w http.ResponseWriter, err error) {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{status: http.StatusInternalServerError, message: err.Error()}
	}
	body := struct {
		Error   string `json:"error"`
		Message string `json:"message"`
		Field   string `json:"field,omitempty"`
		Line    int    `json:"line,omitempty"`
		Column  int    `json:"column,omitempty"`
	}{http.StatusText(f.status), f.message, f.field, f.at.Line, f.at.Column}
	write(w, f.status, body)
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // all forms can be encoded; the caller may have gone
}
