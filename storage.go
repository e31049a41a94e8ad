package agentmsg

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// fileTransfer is an exchange with the storage behind a presigned URL.
type fileTransfer struct {
	param  string // the URL's name, for errors
	advice string // and where a good one comes from
	url    Secret
	source *transport.Source
	sink   *transport.Sink
}

const fromTicket = "give the ticket as MAIA returned it"

// peer is who the call goes to: the API, or the storage of its presigned URLs.
func (x *exchange) peer() *transport.Endpoint {
	endpoint := x.endpoint()
	if x.Bare {
		return &endpoint.storage
	}
	return &endpoint.Endpoint
}

// presigned takes a storage's URL for the call's target, byte for byte: its
// signature is made over it. What it signs is kept out of texts.
func (x *exchange) presigned(f *fileTransfer) error {
	raw := string(f.url)
	if reason := badPresigned(raw); reason != "" {
		return invalid(x.name, f.param, reason+": "+f.advice)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return invalid(x.name, f.param, "is no URL: "+f.advice) // badPresigned has seen that it is one
	}
	if path := rawPath(raw); path != u.EscapedPath() && !strings.HasPrefix(path, "//") {
		u.Opaque = path
	}
	u.Fragment, u.RawFragment = "", ""
	x.URL, x.Bare = *u, true
	x.Spent = append(x.Spent, signing(u.RawQuery)...)
	return nil
}

// badPresigned says why a URL cannot be one of a storage; empty: it can.
func badPresigned(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil, !absoluteHTTP(raw):
		return "is not an absolute http or https URL"
	case u.User != nil:
		return "has a user in it"
	case strings.Contains(raw, " "):
		return "has a blank in it"
	}
	return ""
}

// unusableURL is the error of a success that gave no URL for the second step;
// nil: it did.
func unusableURL(op wire.Op, member string, given Secret) error {
	reason := badPresigned(string(given))
	if reason == "" {
		return nil
	}
	return &DecodeError{
		Op: Op(op.Name()), Status: http.StatusOK, Attempts: 1, Outcome: OutcomeAccepted,
		Err: errors.New("its " + member + " " + reason), route: op.Route().String(),
	}
}

// signing is what no text may show of a presigned query: the whole of it, and
// the values that make it valid, as written and as meant. The others (host,
// 3600, PutObject) are everyday words and numbers, which errors need.
func signing(query string) []string {
	kept := []string{query}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if !signs(strings.ToLower(name), value) {
			continue
		}
		kept = append(kept, value)
		if meant, err := url.QueryUnescape(value); err == nil && meant != value {
			kept = append(kept, meant)
		}
	}
	return kept
}

func signs(name, value string) bool {
	const long = 20 // no algorithm, date or number is
	if len(value) >= long || name == "sig" {
		return true
	}
	for _, word := range [...]string{"signature", "credential", "token", "key", "secret", "policy"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// rawPath is a URL's path as it was written.
func rawPath(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	start := strings.IndexAny(rest, "/?#")
	if start < 0 || rest[start] != '/' {
		return ""
	}
	rest = rest[start:]
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// transfer gives the call its file. A key is refused: a storage knows none,
// and net/http would replay the request under one.
func (x *exchange) transfer(f *fileTransfer) error {
	if x.options.key != "" {
		return invalid(x.name, "WithIdempotencyKey", "is given to a storage, which knows no such key: leave it out, a repeated PUT stores the same file")
	}
	x.Source, x.Sink = f.source, f.sink
	if x.Source != nil {
		x.Source.Progress = x.options.progress
	}
	return nil
}

// forStorage is the option of a second step: headers, keys and members were
// for the API's request.
func forStorage(c *callConfig) error {
	c.headers, c.key, c.fields = nil, "", nil
	return nil
}

// readStorageError reads an error in S3's XML. Only two of its members are
// kept: others repeat the signature and what it was made of.
func readStorageError(body []byte) errorBody {
	text := string(body[:min(len(body), maxErrorBody)])
	code, message := xmlText(text, "Code"), xmlText(text, "Message")
	if !inStorageXML(text) {
		return readErrorBody(body)
	}
	return errorBody{members: map[string]json.RawMessage{"error": quoted(code), "message": quoted(message)}}
}

func inStorageXML(text string) bool {
	return strings.Contains(text, "<Error") || strings.Contains(text, "<Code>")
}

func quoted(s string) json.RawMessage {
	b, _ := json.Marshal(s) // of a string: never fails
	return b
}

// storageBody is a storage's error as an APIError keeps it.
func storageBody(body []byte) []byte {
	text := string(body[:min(len(body), maxErrorBody)])
	if !inStorageXML(text) {
		return body
	}
	return []byte("<Error><Code>" + xmlRaw(text, "Code") + "</Code><Message>" + xmlRaw(text, "Message") + "</Message></Error>")
}

var xmlEntities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&#39;", "'", "&#34;", `"`, "&amp;", "&")

// xmlText is the text of the first element of a name. S3's errors are flat and
// without attributes; a parser would weigh more than it gives.
func xmlText(text, name string) string { return xmlEntities.Replace(xmlRaw(text, name)) }

func xmlRaw(text, name string) string {
	_, after, found := strings.Cut(text, "<"+name+">")
	inner, _, closed := strings.Cut(after, "</"+name+">")
	if !found || !closed {
		return ""
	}
	return inner
}

// expired says whether a storage refused a URL because its time is over.
// SignatureDoesNotMatch and a skewed clock are not that: a new URL would not
// help.
func expired(err error) bool {
	refused, ok := errors.AsType[*APIError](err)
	return ok && refused.Op == OpPut && isExpiry(refused.Reason, refused.Message)
}

func isExpiry(code, message string) bool {
	switch code {
	case "ExpiredToken", "RequestExpired":
		return true
	case "AccessDenied":
		return strings.Contains(strings.ToLower(message), "expired")
	}
	return false
}
