package mockserver

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// WithRoute adds a route of the vendor that this server does not model, for
// [agentmsg.Do]. The pattern is an [http.ServeMux]'s; those of the
// Conversations API begin with /v1. One that does not parse, or conflicts with
// a route of this server or with another of these, is an error; one that is
// more specific wins over a route of this server.
//
// No credential is checked: the handler sees the request as it came, with the
// pattern's path values and a body of at most 10 MiB. Its answer leaves once it
// has returned. The journal has the request under [agentmsg.OpDo]. Ours.
func WithRoute(pattern string, h http.Handler) Option {
	return func(cfg *config) error {
		if h == nil {
			return optionError("WithRoute", fmt.Sprintf("has a nil handler for %q", pattern))
		}
		if cfg.router == nil {
			cfg.router = newRouter()
		}
		e := &endpoint{route: wire.Do, ops: []agentmsg.Op{agentmsg.OpDo}, raw: func(x *exchange) answer { return x.hand(h) }}
		return addRoute(cfg.router, pattern, e)
	}
}

// addRoute makes an error of what a ServeMux panics with.
func addRoute(mux *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = optionError("WithRoute", fmt.Sprintf("has a pattern that cannot be: %v", reason))
		}
	}()
	mux.Handle(pattern, h)
	return nil
}

// hand has a handler of the user's answer.
func (x *exchange) hand(h http.Handler) answer {
	x.op = x.endpoint.ops[0]
	if err := x.read(); err != nil {
		return x.refused(err)
	}
	if err := x.meet(nil); err != nil {
		return x.refused(err)
	}
	r := x.r.Clone(x.r.Context()) // what the handler changes is not in the journal
	r.Body = io.NopCloser(bytes.NewReader(x.body))
	w := &recorder{header: http.Header{}}
	h.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK)
	return answer{w.status, w.sent, w.body.Bytes()}
}

// recorder keeps an answer until it is in the journal.
type recorder struct {
	header, sent http.Header
	status       int // 0: not yet
	body         bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *recorder) Header() http.Header { return w.header }

// Write implements http.ResponseWriter.
func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// WriteHeader implements http.ResponseWriter. The first status stands;
// those before an answer (1xx) are not passed on.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status, w.sent = status, w.header.Clone()
	}
}

// WithExtraFields has an operation take JSON members besides the documented
// ones, on the top level, with any value: for [agentmsg.WithField]. It is an
// error for an operation without a JSON body, and for a name that is empty or
// documented, in whatever case. Ours.
func WithExtraFields(op agentmsg.Op, names ...string) Option {
	return func(cfg *config) error {
		i := slices.IndexFunc(endpoints(), func(e *endpoint) bool { return e.shape != nil && slices.Contains(e.ops, op) })
		if i < 0 {
			return optionError("WithExtraFields", fmt.Sprintf("names the operation %q, which has no JSON body here", op))
		}
		for _, name := range names {
			if name == "" {
				return optionError("WithExtraFields", "has an empty name")
			}
			for documented := range endpoints()[i].shape.members {
				if strings.EqualFold(documented, name) {
					return optionError("WithExtraFields", fmt.Sprintf("names %q, which %s has", name, op))
				}
			}
		}
		extra := maps.Clone(cfg.extra)
		if extra == nil {
			extra = map[agentmsg.Op][]string{}
		}
		extra[op] = append(slices.Clone(extra[op]), names...)
		cfg.extra = extra
		return nil
	}
}
