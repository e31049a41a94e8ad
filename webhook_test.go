package agentmsg_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/stretchr/testify/require"
)

const webhookSecret = "test-webhook-secret"

// documented are the signatures that the API's page gives for its examples.
var documented = map[string]string{
	"webhook_channel_message_v2.signed-body.txt": "1ab9c9b9d7cc16dc051a32bf96a6c07c8fe059869505fb0883bfa66c15f4b441",
	"webhook_crm_field_update.signed-body.txt":   "bf0d628c42fa210c4155a608dac54526b1c61ddf966cd38cdb683caae568803b",
}

// delivery is a POST of body, signed under the usual secret.
func delivery(body string) *http.Request { return signedBy("/webhook", webhookSecret, body) }

// signedBy is one to a path under a secret.
func signedBy(path, secret, body string) *http.Request {
	r := unread(strings.NewReader(body), int64(len(body)), signature.Sign(secret, []byte(body)))
	r.URL.Path = path
	return r
}

// unread is a POST whose body has any length and any signature.
func unread(body io.Reader, length int64, signed string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhook", body)
	r.ContentLength = length
	r.Header.Set(agentmsg.SignatureHeader, signed)
	return r
}

// fromWire is a request as net/http reads it.
func fromWire(tb testing.TB, text string) *http.Request {
	tb.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n"))))
	require.NoError(tb, err)
	return r
}

// requireRefused reads a delivery that must be refused.
func requireRefused(tb testing.TB, r *http.Request, status int, code agentmsg.Code, secrets ...string) {
	tb.Helper()
	_ = refusalOf(tb, r, status, code, secrets...)
}

// refusalOf reads a delivery that must be refused, and returns why.
func refusalOf(tb testing.TB, r *http.Request, status int, code agentmsg.Code, secrets ...string) *agentmsg.WebhookError {
	tb.Helper()
	signed := r.Header.Get(agentmsg.SignatureHeader)
	event, err := agentmsg.ReadWebhook(r, secrets...)
	require.Nil(tb, event)
	require.ErrorIs(tb, err, code)
	var refused *agentmsg.WebhookError
	require.ErrorAs(tb, err, &refused)
	require.Equal(tb, status, refused.Status)
	require.Equal(tb, code, refused.Code)
	require.ErrorIs(tb, err, refused.Err)
	for _, text := range []string{err.Error(), fmt.Sprintf("%v %+v %#v", err, *refused, refused), refused.Err.Error()} {
		require.NotContains(tb, text, "\n")
		require.NotContains(tb, text, webhookSecret)
		require.NotContains(tb, text, "confidential")
		if len(signed) >= 32 {
			require.NotContains(tb, text, signed)
		}
	}
	return refused
}

func TestVerifySignatureOfDocumentedExamples(t *testing.T) {
	t.Parallel()
	for name, signed := range documented {
		body := maiaVector(t, name)
		require.NoError(t, agentmsg.VerifySignature(body, signed, webhookSecret))
		require.NoError(t, agentmsg.VerifySignature(body, strings.ToUpper(signed), "old", webhookSecret))
		require.ErrorIs(t, agentmsg.VerifySignature(body, "sha256="+signed, webhookSecret), agentmsg.ErrInvalidSignature)
		require.ErrorIs(t, agentmsg.VerifySignature(body, signed[:62], webhookSecret), agentmsg.ErrInvalidSignature)
		require.ErrorIs(t, agentmsg.VerifySignature(body, signed, "old"), agentmsg.ErrInvalidSignature)
		require.ErrorIs(t, agentmsg.VerifySignature(body, signed), agentmsg.ErrInvalidSignature)
		require.ErrorIs(t, agentmsg.VerifySignature(append(body, ' '), signed, webhookSecret), agentmsg.ErrInvalidSignature)
		require.ErrorIs(t, agentmsg.VerifySignature(body, signature.Sign("", body), "", webhookSecret), agentmsg.ErrInvalidSignature)
	}
}

func TestReadWebhookReadsADelivery(t *testing.T) {
	t.Parallel()
	for name, signed := range documented {
		body := maiaVector(t, name)
		r := unread(bytes.NewReader(body), int64(len(body)), signed)
		r.Header.Set("Content-Type", "text/plain") // is not looked at
		event, err := agentmsg.ReadWebhook(r, "old", webhookSecret)
		require.NoError(t, err)
		require.Equal(t, string(body), string(event.Raw()))

		again, err := agentmsg.ReadWebhook(unread(iotest.OneByteReader(bytes.NewReader(body)), -1, signed), webhookSecret)
		require.NoError(t, err)
		require.Equal(t, event, again)
	}
}

func TestReadWebhookAgreesWithParseEvent(t *testing.T) {
	t.Parallel()
	for _, test := range tolerated {
		event, err := agentmsg.ReadWebhook(delivery(test.body), webhookSecret)
		require.NoError(t, err, test.name)
		require.Equal(t, parsed(t, test.body), event, test.name)
	}
	for _, body := range []string{"", "null", "[]", "{", "{} {}", nested(10_001)} {
		requireRefused(t, delivery(body), 400, agentmsg.ErrInvalidEvent, webhookSecret)
	}
}

func TestSignatureHeaderInAnySpelling(t *testing.T) {
	t.Parallel()
	const body = `{"response":"confidential"}`
	good := signature.Sign(webhookSecret, []byte(body))
	for name, test := range map[string]struct {
		header http.Header
		ok     bool
	}{
		"canonical":                        {http.Header{"X-Maia-Signature": {good}}, true},
		"lower case":                       {http.Header{"x-maia-signature": {good}}, true},
		"as a lambda writes it":            {http.Header{"X-MAIA-Signature": {good}, "X-Maia-Timestamp": {"1"}}, true},
		"upper-case hex":                   {http.Header{"X-Maia-Signature": {strings.ToUpper(good)}}, true},
		"missing":                          {http.Header{}, false},
		"no header at all":                 {nil, false},
		"no value":                         {http.Header{"X-Maia-Signature": {}}, false},
		"empty":                            {http.Header{"X-Maia-Signature": {""}}, false},
		"another name":                     {http.Header{"X-Signature": {good}}, false},
		"two values":                       {http.Header{"X-Maia-Signature": {good, good}}, false},
		"a wrong one, then a good one":     {http.Header{"X-Maia-Signature": {"00", good}}, false},
		"two spellings":                    {http.Header{"X-Maia-Signature": {good}, "x-maia-signature": {good}}, false},
		"two spellings, one without value": {http.Header{"X-Maia-Signature": {good}, "x-maia-signature": {""}}, false},
		"joined":                           {http.Header{"X-Maia-Signature": {good + ", " + good}}, false},
		"prefixed":                         {http.Header{"X-Maia-Signature": {"sha256=" + good}}, false},
		"truncated":                        {http.Header{"X-Maia-Signature": {good[:32]}}, false},
		"odd length":                       {http.Header{"X-Maia-Signature": {good[:63]}}, false},
		"not hex":                          {http.Header{"X-Maia-Signature": {"zz" + good[2:]}}, false},
		"another secret's":                 {http.Header{"X-Maia-Signature": {signature.Sign("other", []byte(body))}}, false},
		"the empty secret's":               {http.Header{"X-Maia-Signature": {signature.Sign("", []byte(body))}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := delivery(body)
			r.Header = test.header
			if !test.ok {
				requireRefused(t, r, 401, agentmsg.ErrInvalidSignature, "", webhookSecret)
				return
			}
			_, err := agentmsg.ReadWebhook(r, "", webhookSecret)
			require.NoError(t, err)
		})
	}
}

func TestTwoSignatureLinesAreRefused(t *testing.T) {
	t.Parallel()
	good := signature.Sign(webhookSecret, []byte("{}"))
	_, err := agentmsg.ReadWebhook(fromWire(t, "POST / HTTP/1.1\nHost: a\nx-maia-signature: "+good+"\nContent-Length: 2\n\n{}"), webhookSecret)
	require.NoError(t, err)
	r := fromWire(t, "POST / HTTP/1.1\nHost: a\nX-Maia-Signature: "+good+"\nx-maia-signature: "+good+"\nContent-Length: 2\n\n{}")
	refused := refusalOf(t, r, 401, agentmsg.ErrInvalidSignature, webhookSecret)
	require.ErrorContains(t, refused, "more than one X-Maia-Signature")
}

func TestUnsignedBytesAreNotParsed(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"confidential", "{", "", nested(10_001), `{"response":"confidential"}`} {
		r := delivery(body)
		r.Header.Set(agentmsg.SignatureHeader, strings.Repeat("0", 64))
		requireRefused(t, r, 401, agentmsg.ErrInvalidSignature, webhookSecret)
	}
}

func TestJSONWrittenAnewIsRefused(t *testing.T) {
	t.Parallel()
	r := delivery(`{"response": "confidential"}`)
	r.Body = io.NopCloser(strings.NewReader(`{"response":"confidential"}`))
	r.ContentLength = -1
	refused := refusalOf(t, r, 401, agentmsg.ErrInvalidSignature, webhookSecret)
	require.EqualError(t, refused, "agentmsg: webhook: 401 invalid_signature: the signature is not that of this body under any secret")
}

func TestNoUsableSecret(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{nil, {""}, {"", ""}, {"\x00"}} {
		r := delivery("{}")
		r.Header.Set(agentmsg.SignatureHeader, signature.Sign("", []byte("{}")))
		require.ErrorContains(t, refusalOf(t, r, 401, agentmsg.ErrInvalidSignature, secrets...), "no secret")
	}
}
