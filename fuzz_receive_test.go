package agentmsg_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/stretchr/testify/require"
)

// received is a request as a fuzzer makes it: what its numbers choose is
// below.
type received struct {
	method   string
	body     []byte
	signed   string // empty: see sign
	encoding string
	secret   string
	other    string // the receiver's second secret
	sign     uint8
	shape    uint8
	announce int64
}

// signatures are what the fuzzer would hardly find by itself. The last is its
// own text.
func (f received) signature() string {
	good := signature.Sign(f.secret, f.body)
	forms := []string{
		good, strings.ToUpper(good), signature.Sign(f.other, f.body), "sha256=" + good, good[:63], good + " ", signature.Sign("", f.body),
		strings.ToUpper(good[:9]) + good[9:], signature.Sign(f.secret, append(bytes.Clone(f.body), ' ')), f.signed,
	}
	return forms[int(f.sign)%len(forms)]
}

// headers put the signature into the map in each spelling, twice or not at all.
func (f received) headers() http.Header {
	const name = agentmsg.SignatureHeader
	s := f.signature()
	headers := []http.Header{
		{name: {s}}, {"x-maia-signature": {s}}, {"X-MAIA-SIGNATURE": {s}}, {name: {s, s}}, {name: {s}, "x-maia-signature": {s}},
		{name: {}}, {}, {name: {"", s}}, {name + " ": {s}}, {name: {}, "x-maia-SIGNATURE": {s}},
	}
	h := headers[int(f.shape&15)%len(headers)]
	if f.encoding != "" {
		h["content-encoding"] = []string{f.encoding}
	}
	return h
}

func (f received) request() *http.Request {
	r, _ := http.NewRequest(http.MethodPost, "http://app.test/", nil)
	r.Method, r.Header, r.ContentLength = f.method, f.headers(), f.announce
	var body io.Reader = bytes.NewReader(f.body)
	switch f.shape >> 4 & 7 {
	case 1:
		body = iotest.OneByteReader(body)
	case 2:
		body = iotest.DataErrReader(body)
	case 3:
		body = io.MultiReader(body, iotest.ErrReader(io.ErrUnexpectedEOF))
	case 4:
		body = io.MultiReader(body, bytes.NewReader(make([]byte, 1<<20)))
	case 5:
		body = iotest.HalfReader(body)
	}
	r.Body = io.NopCloser(body)
	return r
}

// answer is the rule of the page, said plainly.
func (f received) answer() int {
	coded := func(c string) bool {
		return strings.TrimSpace(c) != "" && !strings.EqualFold(strings.TrimSpace(c), "identity")
	}
	switch {
	case f.method != "POST":
		return 405
	case slices.ContainsFunc(strings.Split(f.encoding, ","), coded):
		return 415
	case f.announce > 1<<20 || len(f.body) > 1<<20:
		return 413
	}
	body := f.body
	switch f.shape >> 4 & 7 {
	case 3:
		return 503
	case 4:
		if len(body) > 0 {
			return 413
		}
		body = make([]byte, 1<<20)
	}
	var given []string
	for key, values := range f.headers() {
		if strings.ToLower(key) == "x-maia-signature" {
			given = append(given, values...)
		}
	}
	verifies := func(secret string) bool {
		return strings.Trim(secret, "\x00") != "" && len(given) == 1 && lowerASCII(given[0]) == signature.Sign(secret, body)
	}
	if !verifies(f.secret) && !verifies(f.other) {
		return 401
	}
	trimmed := bytes.Trim(bytes.TrimPrefix(body, []byte("\uFEFF")), " \t\r\n")
	if len(trimmed) == 0 || trimmed[0] != '{' || !json.Valid(trimmed) {
		return 400
	}
	return 200
}

func seedReceived(f *testing.F) {
	f.Helper()
	const good = `{"sessionId":"s","messageId":"m","response":"text"}`
	for _, body := range []string{good, `{"eventType":"ai_pause"}`, `{"eventType":"new"}`, "", "null", "{", nested(50), "\uFEFF{}", "{\"response\":\"\xff\"}", nested(10_001)} {
		for n := range uint8(10) {
			f.Add("POST", []byte(body), "", "", webhookSecret, "old", n, uint8(0), int64(len(body)))
			f.Add("POST", []byte(body), "zz", "identity", "old", webhookSecret, uint8(0), n, int64(-1))
			f.Add("POST", []byte(body), "", "", webhookSecret, "", uint8(2), n<<4, int64(0))
		}
	}
	for _, encoding := range []string{"gzip", "identity, br", " ", ",", "IDENTITY", "ıdentity"} {
		f.Add("POST", []byte(good), "", encoding, webhookSecret, "old", uint8(0), uint8(0), int64(-1))
	}
	for _, method := range []string{"", "GET", "post", "POST ", "CONNECT"} {
		f.Add(method, []byte(good), "", "", webhookSecret, "old", uint8(0), uint8(0), int64(-1))
	}
	f.Add("POST", []byte(good), "", "", "\x00", "", uint8(6), uint8(0), int64(1<<20))
	f.Add("POST", []byte(good), "", "", "k", "k", uint8(0), uint8(0), int64(1<<20+1))
	f.Add("POST", []byte(good), strings.Repeat("é", 32), "", "k", "", uint8(9), uint8(0), int64(-1<<63))
}

// FuzzReadWebhook compares ReadWebhook and the handler with the rule, and with
// ParseEvent.
func FuzzReadWebhook(f *testing.F) {
	seedReceived(f)
	f.Fuzz(func(t *testing.T, method string, body []byte, signed, encoding, secret, other string, sign, shape uint8, announce int64) {
		in := received{method, body, signed, encoding, secret, other, sign, shape, announce}
		want := in.answer()
		event, err := agentmsg.ReadWebhook(in.request(), secret, other)
		if want == 200 {
			require.NoError(t, err)
			same, err := agentmsg.ParseEvent(body)
			require.NoError(t, err)
			require.Equal(t, same, event)
		} else {
			requireRefusal(t, event, err, want, in)
		}
		requireHandlerAgrees(t, in, want, event)
	})
}

// requireRefusal holds the error of a refusal: its status, and a text that
// holds nothing of what came.
func requireRefusal(t *testing.T, event agentmsg.Event, err error, want int, in received) {
	t.Helper()
	require.Nil(t, event)
	refused, ok := errors.AsType[*agentmsg.WebhookError](err)
	require.True(t, ok)
	require.Equal(t, want, refused.Status, err)
	codes := map[int]agentmsg.Code{
		400: agentmsg.ErrInvalidEvent, 401: agentmsg.ErrInvalidSignature, 405: agentmsg.ErrMethodNotAllowed,
		413: agentmsg.ErrTooLarge, 415: agentmsg.ErrUnsupportedEncoding, 503: agentmsg.ErrBodyTimeout,
	}
	require.ErrorIs(t, err, codes[want])
	text := fmt.Sprintf("%v %+v %#v", err, err, refused.Err)
	for _, part := range []string{in.signed, in.encoding, in.secret, in.other, string(in.body), in.signature()} {
		if len(part) > 20 {
			require.NotContains(t, text, part)
		}
	}
}

// requireHandlerAgrees gives the same request to a handler, whose secrets must
// be ones that it takes.
func requireHandlerAgrees(t *testing.T, in received, want int, event agentmsg.Event) {
	t.Helper()
	var got []agentmsg.Event
	keep := func(_ context.Context, e agentmsg.Event) error { got = append(got, e); return nil }
	h, err := agentmsg.NewWebhookHandler(keep, agentmsg.WithWebhookSecrets(in.secret, in.other), quiet)
	if err != nil {
		return
	}
	w := watched{WebhookHandler: h}
	require.Equal(t, want, w.receive(in.request()).status)
	if want == 200 {
		require.Equal(t, []agentmsg.Event{event}, got)
		require.Equal(t, agentmsg.WebhookStats{Handled: 1}, h.Stats())
		return
	}
	require.Empty(t, got)
	require.Equal(t, agentmsg.WebhookStats{Refused: 1}, h.Stats())
}
