package agentmsg

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// promise is kept by an answer that has everything its operation promises;
// missing names what it lacks.
type promise interface{ missing() string }

// Judge says what a complete answer means beyond its status.
func (x *exchange) Judge(r *transport.Result) transport.Verdict {
	x.unusable = nil
	if r.Status < 200 || r.Status > 299 {
		return x.judgeFailure(r)
	}
	err := x.decode(r.Body)
	if errors.Is(err, errTruncated) {
		x.unusable = err
		return transport.Truncated
	}
	if err == nil {
		if v, failed := x.failedSuccess(); failed {
			return v
		}
		if p, ok := x.out.(promise); ok {
			err = lacks(p.missing())
		}
	}
	if err != nil {
		x.unusable = err
		return transport.Unusable
	}
	return transport.Usable
}

func lacks(name string) error {
	if name == "" {
		return nil
	}
	return errors.New("it has no " + name)
}

// judgeFailure looks for what the status does not say.
func (x *exchange) judgeFailure(r *transport.Result) transport.Verdict {
	said := x.said(r)
	switch {
	case x.options.op.Route().Presigned():
		if isExpiry(said.reason(), said.message()) {
			return transport.Final
		}
	case r.Status == http.StatusForbidden && (noneRemain(r) || said.namesRateLimit()):
		return transport.Limited
	case x.options.op == wire.SendConversationMessage && said.Status == "error" && r.Status <= http.StatusInternalServerError && r.Status >= 400:
		return transport.Nothing
	}
	return transport.Plain
}

// said is what a failed answer says.
func (x *exchange) said(r *transport.Result) errorBody {
	if x.options.op.Route().Presigned() {
		return readStorageError(r.Body)
	}
	return readErrorBody(r.Body)
}

func noneRemain(r *transport.Result) bool {
	return r.RateLimit != nil && r.RateLimit.Remaining == 0
}

// failedSuccess finds the failures that two APIs put under a 2xx.
func (x *exchange) failedSuccess() (transport.Verdict, bool) {
	switch out := x.out.(type) {
	case *conversationEnvelope:
		if out.Status == "error" {
			return transport.Nothing, true
		}
	case *contactAnswer:
		if out.Success != nil && !*out.Success {
			return transport.Doubtful, true
		}
	}
	return transport.Plain, false
}

var (
	errTruncated = errors.New("it ends in the middle of its JSON")
	errEmpty     = errors.New("it is empty")
	errNull      = errors.New("it is null")
	errNoObject  = errors.New("it is no JSON object")
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// decode reads a success into the answer. Members that are unknown, null or
// of the wrong type do no harm: they are left out, and encoding/json goes on.
func (x *exchange) decode(body []byte) error {
	switch out := x.out.(type) {
	case *struct{}:
		return nil
	case *json.RawMessage:
		*out = bytes.Clone(body)
		return nil
	}
	if x.Method == http.MethodHead {
		return nil
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, byteOrderMark))
	switch {
	case len(body) == 0:
		return errEmpty
	case string(body) == "null":
		return errNull
	case x.options.op != wire.Do && body[0] != '{':
		return errNoObject
	}
	err := json.Unmarshal(body, x.out)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && (x.options.op != wire.Do || wrong.Field != "") {
		return nil
	}
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	switch {
	case err == nil:
		return nil
	case !ok: // of the result's own UnmarshalJSON, which may quote the body
		return &cleaned{"the result's type refused it", err}
	case syntax.Error() == "unexpected end of JSON input":
		return errTruncated
	}
	return err
}

// err is the call's failure as one of the error types; nil: there is none.
func (x *exchange) err() error {
	switch {
	case x.Outcome == transport.None:
		return nil
	case !x.Complete():
		return x.transportError()
	case x.unusable != nil:
		return x.decodeError(&x.Result)
	}
	return x.apiError(&x.Result)
}

func (x *exchange) decodeError(r *transport.Result) error {
	return &DecodeError{
		Op: x.name, Status: r.Status, Attempts: int(x.Attempts), Outcome: Outcome(x.Outcome), RequestID: x.requestID(r),
		IdempotencyKey: x.options.key, Body: x.errorBody(r.Body), Err: join2(x.unusable, x.clean(x.Stopped)), route: x.route(),
	}
}

func (x *exchange) transportError() error {
	cause := x.clean(x.Result.Err)
	switch {
	case x.Stopped != nil:
		cause = join2(x.clean(x.Stopped), cause)
	case x.Before != nil && x.Ended:
		cause = join2(cause, x.before())
	}
	return &TransportError{
		Op: x.name, Status: x.Status, Attempts: int(x.Attempts), Outcome: Outcome(x.Outcome), IdempotencyKey: x.options.key,
		Err: cause, route: x.route(), permanent: x.Permanent || x.Ended,
	}
}

// before is the failure of the attempt before the last.
func (x *exchange) before() error {
	switch {
	case x.Before.Complete() && x.unusable != nil: // the last attempt that was judged
		return x.decodeError(x.Before)
	case x.Before.Complete():
		return x.apiError(x.Before)
	}
	return x.clean(x.Before.Err)
}

func (x *exchange) apiError(r *transport.Result) error {
	said := x.said(r)
	return &APIError{
		API: x.api(), Op: x.name, Status: r.Status, Code: x.codeOf(r, said),
		Reason: clip(x.redact(said.reason()), maxErrorBody), Message: x.messageOf(said),
		RequestID: x.requestID(r), Location: x.redact(withoutQuery(r.Header.Get("Location"))), RetryAfter: r.RetryAfter(),
		Attempts: int(x.Attempts), Outcome: Outcome(x.Outcome), IdempotencyKey: x.options.key,
		Body: x.errorBody(r.Body), Err: x.clean(x.Stopped), route: x.route(),
	}
}

// messageOf is the server's text, without credentials and only then cut:
// half of one is too much.
func (x *exchange) messageOf(said errorBody) string {
	if said.plain != "" {
		return clip(x.redact(said.plain), maxServerText)
	}
	return clip(x.redact(said.message()), maxErrorBody)
}

func (x *exchange) requestID(r *transport.Result) string { return x.redact(requestID(r.Header)) }

func requestID(h http.Header) string {
	for _, name := range [...]string{"X-Request-Id", "X-Amz-Request-Id", "Cf-Ray"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// withoutQuery is a redirect's target without what may be secret in it.
func withoutQuery(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment = nil, "", false, ""
	return u.String()
}
