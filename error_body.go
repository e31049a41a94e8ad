package agentmsg

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/agentmsg/agentmsg/internal/transport"
)

// errorBody is what a failed answer says, whatever its shape.
type errorBody struct {
	Status  string // of the Conversations API's envelope
	members map[string]json.RawMessage
	plain   string // the body, where it is no JSON object
}

// readErrorBody reads any body and never fails.
func readErrorBody(body []byte) errorBody {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, byteOrderMark))
	var e errorBody
	if json.Unmarshal(body, &e.members) != nil || e.members == nil {
		e.plain = string(body[:min(len(body), maxErrorBody)])
		return e
	}
	e.Status = text(e.members["status"])
	return e
}

func (e errorBody) reason() string { return e.either("error", "title") }

func (e errorBody) message() string {
	if e.plain != "" {
		return e.plain
	}
	return e.either("message", "detail", "title", "errors")
}

// either is the first of the members that has a text.
func (e errorBody) either(names ...string) string {
	for _, name := range names {
		if s := text(e.members[name]); s != "" {
			return s
		}
	}
	return ""
}

// text is a member as text: a string as it is, an object by its own message,
// a list by its items, anything else as its JSON.
func text(raw json.RawMessage) string {
	var s string
	var list []json.RawMessage
	var object map[string]json.RawMessage
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &s) == nil:
		return s
	case json.Unmarshal(raw, &list) == nil:
		items := make([]string, 0, len(list))
		for _, item := range list {
			if s := text(item); s != "" {
				items = append(items, s)
			}
		}
		return strings.Join(items, "; ")
	case json.Unmarshal(raw, &object) == nil:
		if s := (errorBody{members: object}).either("message", "detail", "title", "error"); s != "" {
			return s
		}
	}
	return string(raw)
}

// namesRateLimit: MAIA's pages disagree on the status of a limited call, so a
// 403 counts as one where its text says so.
func (e errorBody) namesRateLimit() bool {
	said := strings.ToLower(e.reason() + " " + e.message())
	for _, words := range [...]string{"rate limit", "rate-limit", "ratelimit", "rate_limit", "too many requests"} {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}

// codeOfTransport is the code of one of the transport's own errors.
func codeOfTransport(err transport.Error) error {
	switch err {
	case transport.ErrAttemptTimeout:
		return ErrAttemptTimeout
	case transport.ErrResponseTooLarge:
		return ErrResponseTooLarge
	case transport.ErrRetryBudget:
		return ErrRetryBudget
	case transport.ErrRateLimited:
		return ErrRateLimited
	}
	return err
}

// withCode turns the transport's own errors into codes, and takes the URL out
// of net/http's. Whatever else the cause is stays findable.
func withCode(err error) error {
	if err == nil {
		return nil
	}
	if own, ok := err.(transport.Error); ok { //nolint:errorlint // the leaf's own, not one that wraps it
		return codeOfTransport(own)
	}
	if failed, ok := err.(*transport.LimiterError); ok { //nolint:errorlint // the leaf's own, the outermost layer
		return join2(ErrRateLimited, failed.Err)
	}
	if wrapped, ok := err.(*url.Error); ok { //nolint:errorlint // the outermost layer, to be taken off
		return withCode(wrapped.Err)
	}
	return err
}

// cleaned is an error in other words: its own hold what no text may. What it
// is stays findable by errors.Is; the error itself does not come out.
type cleaned struct {
	text string
	err  error
}

func (e *cleaned) Error() string { return e.text }

// Is reports whether the error behind it is the target.
func (e *cleaned) Is(target error) bool { return errors.Is(e.err, target) }

// clean makes a cause fit for an error: with this module's codes, without a
// URL's query, without credentials.
func (x *exchange) clean(err error) error {
	err = withCode(err)
	if err == nil {
		return nil
	}
	said := err.Error()
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		said = strings.ReplaceAll(said, wrapped.URL, withoutQuery(wrapped.URL))
	}
	if query := x.url.RawQuery; query != "" { // a RoundTripper of the user's may name the URL too
		said = strings.ReplaceAll(said, "?"+query, "")
	}
	if said = x.redact(said); said == err.Error() {
		return err
	}
	return &cleaned{said, err}
}

// join2 is errors.Join without the layer where there is one error only.
func join2(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return errors.Join(a, b)
}

// errorBody is a body as an error keeps it.
func (x *exchange) errorBody(body []byte) []byte {
	if len(body) == 0 {
		return nil
	}
	if x.op.Route().Presigned() {
		body = storageBody(body)
	}
	clean := []byte(x.redact(string(body)))
	return bytes.Clone(clean[:min(len(clean), maxErrorBody)])
}

const shortestSecret = 4 // a shorter one is no secret, and would blacken every text

// redact takes this client's credentials out of a text that came from
// outside, those too that were replaced during the call.
func (x *exchange) redact(s string) string {
	s = without(s, x.Token)
	for _, token := range x.Spent {
		s = without(s, token)
	}
	for _, e := range x.core.endpoints {
		s = without(s, e.credential.Token)
	}
	return s
}

// Credentials are printable ASCII, so these are all that JSON does to them.
var (
	inJSON     = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	inHTMLJSON = strings.NewReplacer(`<`, `\u003c`, `>`, `\u003e`, `&`, `\u0026`)
	inSlashed  = strings.NewReplacer(`/`, `\/`)
)

// without takes a secret out of a text, as it is and as JSON writes it.
func without(s, secret string) string {
	if len(secret) < shortestSecret {
		return s
	}
	quoted := inJSON.Replace(secret)
	for _, form := range [...]string{secret, quoted, inHTMLJSON.Replace(quoted)} {
		s = strings.ReplaceAll(s, form, redacted)
		s = strings.ReplaceAll(s, inSlashed.Replace(form), redacted)
	}
	return s
}
