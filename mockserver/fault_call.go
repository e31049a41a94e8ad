package mockserver

import (
	"cmp"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// struck is what a call comes to whose fault keeps its work from being done.
type struck struct{ answer answer }

func (*struck) Error() string { return "mockserver: hit by a fault" }

// meet finds the fault that hits a call, between its checks and its work. An
// error is a *struck: the work is not to be done.
func (x *exchange) meet(body any) error {
	s := x.server
	s.mu.Lock()
	x.session = x.named(body)
	x.fault = s.strikeCall(x.op, x.session)
	s.mu.Unlock()
	if x.fault == nil {
		return nil
	}
	switch x.fault.Kind {
	case Refuse:
		return &struck{x.refusal()}
	case DropBefore:
		return &struck{}
	}
	return nil
}

// refusal is the answer of Refuse and RefuseAfterAccept: as the API writes one,
// or the storage.
func (x *exchange) refusal() answer {
	f := x.fault
	refused := &refusal{status: f.status(), message: "Refused by a fault of the mock server"}
	a := x.jsonAnswer(f.status(), x.envelope(refused))
	switch {
	case f.Body != "":
		a = pageAnswer(f.status(), f.Body)
	case x.endpoint.route == wire.Put: // the storage's two operations
		a = (&storageError{status: f.status(), code: storageCode(f.status()), message: refused.message}).answer()
	case f.Kind == RefuseAfterAccept && x.endpoint.api() == wire.Conversations:
		a = pageAnswer(f.status(), gatewayPage) // the envelope would prove that nothing happened
	}
	if f.RetryAfter != "" {
		a.header.Set("Retry-After", f.RetryAfter)
	}
	return a
}

// storageCode is S3's word for a status, where it has one for failures that
// pass.
func storageCode(status int) string {
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "SlowDown"
	case http.StatusInternalServerError:
		return "InternalError"
	case http.StatusForbidden:
		return "AccessDenied"
	}
	return "Refused"
}

// gatewayPage is what a gateway writes where an API would write JSON.
const gatewayPage = "<!DOCTYPE html>\n<html><body><h1>Not what you asked for</h1></body></html>\n"

func pageAnswer(status int, body string) answer {
	media := "application/json; charset=utf-8"
	if !json.Valid([]byte(body)) {
		media = http.DetectContentType([]byte(body))
	}
	return answer{status, http.Header{"Content-Type": {media}}, []byte(body)}
}

// spoil makes of an answer what leaves of it.
func (x *exchange) spoil(a answer) answer {
	f := x.fault
	if f == nil || a.status == 0 || f.Kind == Refuse {
		return a
	}
	if a.header = a.header.Clone(); a.header == nil {
		a.header = http.Header{}
	}
	a.header.Del("Content-Length") // of a WithRoute
	switch f.Kind {
	case RefuseAfterAccept:
		return x.refusal()
	case DropAfterAccept:
		return answer{}
	case Delay:
		if !f.wait(f.Delay, x.server.ctx.Done(), x.r.Context().Done()) {
			return answer{}
		}
	case ResetMidBody:
		a.header.Set("Content-Length", strconv.Itoa(max(len(a.body), 1)))
		a.body = a.body[:len(a.body)/2]
	case Truncate:
		a.body = a.body[:len(a.body)/2]
	case WrongLength:
		a.header.Set("Content-Length", strconv.Itoa(len(a.body)+1))
	case Garble:
		garbled := pageAnswer(a.status, cmp.Or(f.Body, gatewayPage))
		a.header.Set("Content-Type", garbled.header.Get("Content-Type"))
		a.body = garbled.body
	}
	return a
}

// write sends the body, as the call's fault wants it.
func (x *exchange) write(w http.ResponseWriter, body []byte) {
	switch {
	case x.fault != nil && x.fault.Kind == SlowBody:
		x.trickle(w, body)
		return
	case x.fault != nil && x.fault.Kind == ResetMidBody:
		_, _ = w.Write(body)
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
		return
	}
	_, _ = w.Write(body)
}

const slowByte = 20 * time.Millisecond

// trickle sends a body byte by byte, as long as anyone listens.
func (x *exchange) trickle(w http.ResponseWriter, body []byte) {
	c := http.NewResponseController(w)
	_ = c.Flush()
	each := cmp.Or(x.fault.Delay, slowByte)
	for i := range body {
		if !x.fault.wait(each, x.server.ctx.Done(), x.r.Context().Done()) {
			return
		}
		if _, err := w.Write(body[i : i+1]); err != nil {
			return
		}
		_ = c.Flush() // where it cannot, the bytes come together
	}
}

// abort ends a connection without an answer.
func (x *exchange) abort(w http.ResponseWriter) {
	if x.fault == nil {
		panic(http.ErrAbortHandler) // net/http's way to drop a connection
	}
	hangUp(w)
}

// hangUp ends the connection under an answer: a TCP connection by a reset,
// where net/http gives it away.
func hangUp(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if around, ok := c.(interface{ NetConn() net.Conn }); ok { // of TLS
		c = around.NetConn()
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
