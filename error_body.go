package agentmsg

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/agentmsg/agentmsg/internal/transport"
)

// errorBody is what a failed answer says, whatever its shape.
type errorBody struct {
	Status  string // of the Conversations API's envelope
	members map[string]json.RawMessage
	plain   string // the body's beginning, where it is no JSON object
}

// readErrorBody reads any body and never fails.
func readErrorBody(body []byte) errorBody {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, byteOrderMark))
	var e errorBody
	if json.Unmarshal(body, &e.members) != nil || e.members == nil {
		e.plain = clip(string(body[:min(len(body), maxErrorBody)]), maxServerText)
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
	if errors.Is(err, transport.ErrRateLimited) {
		return join2(ErrRateLimited, err)
	}
	if wrapped, ok := err.(*url.Error); ok { //nolint:errorlint // the outermost layer, to be taken off
		return withCode(wrapped.Err)
	}
	return err
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
	clean := []byte(x.redact(string(body)))
	return bytes.Clone(clean[:min(len(clean), maxErrorBody)])
}

const shortestSecret = 4 // a shorter one is no secret, and would blacken every text

// redact takes this client's credentials out of a text that came from outside.
func (x *exchange) redact(s string) string {
	s = without(s, x.Token)
	for _, e := range x.core.endpoints {
		s = without(s, e.credential.Token)
	}
	return s
}

// without takes a secret out of a text, as it is and as JSON writes it.
func without(s, secret string) string {
	if len(secret) < shortestSecret || !utf8.ValidString(secret) {
		return s
	}
	s = strings.ReplaceAll(s, secret, redacted)
	quoted, err := json.Marshal(secret)
	if err != nil {
		return s
	}
	inner := string(quoted[1 : len(quoted)-1])
	s = strings.ReplaceAll(s, inner, redacted)
	return strings.ReplaceAll(s, strings.ReplaceAll(inner, "/", `\/`), redacted)
}
