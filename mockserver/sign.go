package mockserver

import (
	"bytes"
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// Sign returns the value of [agentmsg.SignatureHeader] for a body: lower-case
// hex. An empty secret means [DefaultWebhookSecret].
func Sign(secret string, body []byte) string {
	return signature.Sign(cmp.Or(secret, DefaultWebhookSecret), body)
}

// SignedRequest is a delivery as MAIA would post it, for a test of a receiver
// alone. It fits an http.Client's Do and a handler's ServeHTTP. A URL that is
// not absolute http or https fails tb at once.
func SignedRequest(tb TB, url, secret string, body []byte) *http.Request {
	tb.Helper()
	var r *http.Request
	var err error
	if absoluteHTTP(url) {
		r, err = http.NewRequest(http.MethodPost, url, bytes.NewReader(body)) //nolint:noctx // the receiver's test has the context
	}
	if r == nil || err != nil {
		tb.Errorf("mockserver: SignedRequest: the URL is not absolute http or https, like http://app.test/webhook")
		tb.FailNow()
		return nil
	}
	sign(r.Header, secret, body)
	return r
}

// sign writes the headers of a delivery. The form of the time is ours.
func sign(h http.Header, secret string, body []byte) {
	h.Set("Content-Type", "application/json")
	h.Set(wire.HeaderSignature, Sign(secret, body))
	h.Set(wire.HeaderTimestamp, strconv.FormatInt(time.Now().UnixMilli(), 10))
}
