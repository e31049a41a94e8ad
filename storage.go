package agentmsg

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/agentmsg/agentmsg/internal/transport"
)

// fileTransfer is an exchange with the storage behind a presigned URL.
type fileTransfer struct {
	param  string // the URL's name, for errors
	url    Secret
	source *transport.Source
	sink   *transport.Sink
}

// peer is who the call goes to: the API, or the storage of its presigned URLs.
func (x *exchange) peer() *transport.Endpoint {
	if x.Bare {
		return &x.endpoint.storage
	}
	return &x.endpoint.Endpoint
}

// presigned takes a storage's URL for the call's target, byte for byte: its
// signature is made over it. What it signs is kept out of texts.
func (x *exchange) presigned(f *fileTransfer) error {
	raw := string(f.url)
	if !absoluteHTTP(raw) {
		return invalid(x.name, f.param, "is not an absolute http or https URL: give the ticket as MAIA returned it")
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil {
		return invalid(x.name, f.param, "has a user in it: give the ticket as MAIA returned it")
	}
	if path := rawPath(raw); path != u.EscapedPath() && !strings.HasPrefix(path, "//") {
		u.Opaque = path
	}
	u.Fragment, u.RawFragment = "", ""
	x.url = *u
	x.URL, x.Bare = &x.url, true
	for _, values := range u.Query() {
		x.Spent = append(x.Spent, values...)
	}
	x.Spent = append(x.Spent, u.RawQuery)
	return nil
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
	if code == "" && message == "" {
		return readErrorBody(body)
	}
	return errorBody{members: map[string]json.RawMessage{"error": quoted(code), "message": quoted(message)}}
}

func quoted(s string) json.RawMessage { return json.RawMessage(strconv.AppendQuote(nil, s)) }

// storageBody is a storage's error as an APIError keeps it.
func storageBody(body []byte) []byte {
	text := string(body[:min(len(body), maxErrorBody)])
	if !strings.Contains(text, "<Code>") {
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
	if !ok || refused.Op != OpPut {
		return false
	}
	switch refused.Reason {
	case "ExpiredToken", "RequestExpired":
		return true
	case "AccessDenied":
		return strings.Contains(strings.ToLower(refused.Message), "expired")
	}
	return false
}
