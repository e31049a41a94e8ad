package mockserver

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// exchange is one request on its way through the server. For the router it is
// a ResponseWriter that says nothing: what net/http would answer by itself (a
// redirect, a 405) is an unknown route here.
type exchange struct {
	server   *Server
	w        http.ResponseWriter
	r        *http.Request
	at       time.Time
	path     string // as it was escaped on the wire
	body     []byte
	endpoint *endpoint
	op       agentmsg.Op
	session  agentmsg.SessionID
	fault    *injected   // that hits it; nil: none
	limited  http.Header // what the answer says of the rate limit
}

// Header implements http.ResponseWriter.
func (x *exchange) Header() http.Header { return http.Header{} }

// Write implements http.ResponseWriter.
func (x *exchange) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(int) {}

// result is a success.
type result struct {
	status int
	body   any
}

// refusal is an answer that is none. An empty reason is the status's own text.
type refusal struct {
	status          int
	reason, message string
}

func (r *refusal) Error() string { return r.message }

func refuse(status int, message string) error { return &refusal{status: status, message: message} }

// errGone ends an exchange without an answer: there is nobody to hear it.
var errGone = errors.New("mockserver: no one is left to answer")

// maxBody is far above any documented request. Ours.
const maxBody = 10 << 20

// ServeHTTP answers one request of any of the three APIs. After [Server.Close]
// it answers 503.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{server: s, w: w, r: r, at: time.Now(), path: r.URL.EscapedPath()}
	if !s.enter(x) {
		http.Error(w, "mockserver: closed", http.StatusServiceUnavailable)
		return
	}
	defer s.leave(x)
	a := x.recorded()
	if a.status == 0 {
		x.abort(w)
		return
	}
	header := w.Header()
	maps.Copy(header, a.header)
	if len(a.body) > 0 && header["Content-Length"] == nil {
		header["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	}
	w.WriteHeader(a.status)
	x.write(w, a.body)
}

// enter counts a request, and keeps it for [Server.Close] to let go; false:
// the server is closed.
func (s *Server) enter(x *exchange) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begin() {
		return false
	}
	s.inside[x] = true
	s.used = x.at
	return true
}

func (s *Server) leave(x *exchange) {
	s.mu.Lock()
	delete(s.inside, x)
	s.ended()
	s.mu.Unlock()
	s.work.Done()
}

// letGo ends reading and writing of all requests, also on connections that are
// another server's. A list of them costs a request less than a function that
// waits for the end of s.ctx. s.mu is held: while it is, no w is another's.
func (s *Server) letGo() {
	for x := range s.inside {
		c := http.NewResponseController(x.w)
		_ = c.SetReadDeadline(time.Now())
		_ = c.SetWriteDeadline(time.Now())
	}
}

// answer is what leaves the server; with status 0 nothing does.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// recorded notes what the exchange came to, also where the AI ended it.
func (x *exchange) recorded() (a answer) {
	defer func() { x.server.recordRequest(x, a) }()
	return x.spoil(x.answer())
}

// answer is what the exchange comes to.
func (x *exchange) answer() answer {
	x.route()
	if x.endpoint != nil && x.endpoint.raw != nil {
		return x.endpoint.raw(x)
	}
	done, err := x.run()
	if err != nil {
		return x.refused(err)
	}
	return x.jsonAnswer(done.status, done.body)
}

// refused is the answer to what went wrong.
func (x *exchange) refused(err error) answer {
	if refused, ok := errors.AsType[*refusal](err); ok {
		return x.jsonAnswer(refused.status, x.envelope(refused))
	}
	if hit, ok := errors.AsType[*struck](err); ok {
		return hit.answer
	}
	return answer{} // errGone
}

func (x *exchange) jsonAnswer(status int, body any) answer {
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	maps.Copy(header, x.limited)
	return answer{status, header, stringify(body)}
}

func (x *exchange) run() (result, error) {
	if x.endpoint == nil {
		return result{}, x.unknownRoute()
	}
	x.op = x.endpoint.ops[0]
	if err := x.read(); err != nil {
		return result{}, err
	}
	if err := x.authorize(); err != nil {
		return result{}, err
	}
	if err := x.admit(); err != nil {
		return result{}, err
	}
	return x.endpoint.run(x)
}

// route asks the router. A path that is not clean has no route: net/http would
// send the client elsewhere. Nor has HEAD, which net/http takes for GET.
func (x *exchange) route() {
	if path.Clean(x.path) != x.path {
		return
	}
	mux := x.server.config.router
	if mux == nil {
		mux = router()
	}
	mux.ServeHTTP(x, x.r)
	if e := x.endpoint; e != nil && e.run != nil && e.route.Route().Method() != x.r.Method {
		x.endpoint = nil
	}
}

// read takes the whole body.
func (x *exchange) read() error {
	if x.r.Body == nil { // of a request that no net/http server read
		return nil
	}
	// Many may announce much and send nothing. The byte more lets the read that
	// takes the last of an announced body find its end too.
	body := make([]byte, 0, min(max(x.r.ContentLength, 0), 64<<10)+1)
	for len(body) <= maxBody {
		n, err := x.r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF && len(body) <= maxBody: // the last bytes may come with it
			x.body = body
			return nil
		case err != nil && err != io.EOF:
			return errGone
		case len(body) == cap(body):
			body = slices.Grow(body, bytes.MinRead)
		}
	}
	return refuse(http.StatusRequestEntityTooLarge, "the body is over 10 MiB")
}

func (x *exchange) unknownRoute() error {
	route := x.r.Method + " " + x.path
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	if len(x.server.unknown) < 100 {
		x.server.unknown = append(x.server.unknown, route)
	}
	return refuse(http.StatusNotImplemented, "mockserver: no API here has "+route)
}

// envelope is a refusal as the API writes it. BluBash's is not documented for
// every status; ours is the one that it shows elsewhere.
func (x *exchange) envelope(r *refusal) any {
	if x.endpoint != nil && x.endpoint.api() == wire.Conversations {
		return struct {
			Status  string `json:"status"`
			Message string `json:"message"`
			Data    any    `json:"data"`
		}{"error", r.message, nil}
	}
	reason := r.reason
	if reason == "" {
		reason = http.StatusText(r.status)
	}
	return struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}{reason, r.message}
}

// pathSession is the session that the path names.
func (x *exchange) pathSession() agentmsg.SessionID {
	return agentmsg.SessionID(x.r.PathValue("sessionId"))
}

// isJSON reports whether the request says that it carries JSON.
func isJSON(h http.Header) bool {
	media, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/json")
}
