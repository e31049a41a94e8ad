package agentmsg

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
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
	if x.options.op.Route().Presigned() {
		body = storageBody(body)
	}
	clean := []byte(x.redact(string(body)))
	return bytes.Clone(clean[:min(len(clean), maxErrorBody)])
}
