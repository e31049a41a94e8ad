package agentmsg_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/stretchr/testify/require"
)

const refusedBody = `{"sessionId":"s","messageId":"m","response":"confidential"}`

// unsignedHeaders is every signature that signs nothing. good is the right one.
func unsignedHeaders(good string) map[string]http.Header {
	const name = agentmsg.SignatureHeader
	return map[string]http.Header{
		"missing":                      {},
		"empty":                        {name: {""}},
		"odd length":                   {name: {good[:63]}},
		"one digit":                    {name: {good[:1]}},
		"truncated":                    {name: {good[:62]}},
		"longer":                       {name: {good + "00"}},
		"not hex":                      {name: {"zz" + good[2:]}},
		"not hex at the end":           {name: {good[:62] + "g0"}},
		"not ASCII":                    {name: {strings.Repeat("é", 32)}},
		"prefixed":                     {name: {"sha256=" + good}},
		"prefixed, as long as a sum":   {name: {"sha256=" + good[7:]}},
		"another secret's":             {name: {signature.Sign("other", []byte(refusedBody))}},
		"the empty secret's":           {name: {signature.Sign("", []byte(refusedBody))}},
		"another body's":               {name: {signature.Sign(webhookSecret, []byte("{}"))}},
		"the last digit wrong":         {name: {good[:63] + string(good[63]^1)}},
		"repeated":                     {name: {good, good}},
		"a wrong one before":           {name: {strings.Repeat("0", 64), good}},
		"a wrong one behind":           {name: {good, strings.Repeat("0", 64)}},
		"an empty one behind":          {name: {good, ""}},
		"two values in one":            {name: {good + "," + good}},
		"two spellings":                {name: {good}, "x-maia-signature": {good}},
		"two spellings, neither usual": {"X-MAIA-SIGNATURE": {good}, "x-maia-signature": {good}},
		"another header":               {"X-Signature": {good}, "X-Maia-Signature-256": {good}},
		"the bearer's":                 {"Authorization": {"Bearer " + good}},
	}
}

// Each refusal by both roads: a request that a server read, and one given by
// hand.
func TestHandlerRefusesSignatures(t *testing.T) {
	t.Parallel()
	good := signature.Sign(webhookSecret, []byte(refusedBody))
	for name, header := range unsignedHeaders(good) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t)
			requireAnswer(t, w.receive(posted("http://app.test/", refusedBody, header)), 401, "invalid_signature")
			requireAnswer(t, overNetwork(t, w, posted("http://app.test/", refusedBody, header)), 401, "invalid_signature")
			w.requireUnreached(t)
			require.Equal(t, agentmsg.WebhookStats{Refused: 2}, w.Stats())
			require.NotContains(t, w.logged(), good[:30])
		})
	}
	for name, header := range map[string]http.Header{
		"upper case": {agentmsg.SignatureHeader: {strings.ToUpper(good)}},
		"mixed":      {agentmsg.SignatureHeader: {strings.ToUpper(good[:32]) + good[32:]}},
		"lower name": {"x-maia-signature": {good}},
		"upper name": {"X-MAIA-SIGNATURE": {good}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t)
			requireAnswer(t, w.receive(posted("http://app.test/", refusedBody, header)), 200, "")
			requireAnswer(t, overNetwork(t, w, posted("http://app.test/", refusedBody, header)), 200, "")
			require.Len(t, w.reached(), 1)
			require.Equal(t, agentmsg.WebhookStats{Handled: 1, Duplicates: 1}, w.Stats())
		})
	}
}

// posted is a request that fits a client and a handler.
func posted(url, body string, header http.Header) *http.Request {
	r, _ := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	r.Header = header.Clone()
	return r
}

// overNetwork sends a request to the handler behind a server of its own.
func overNetwork(t *testing.T, h http.Handler, r *http.Request) heard {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	return sent(t, server, r)
}

// overHTTP2 is a server of the handler that speaks HTTP/2.
func overHTTP2(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// sent is what a server answers.
func sent(t *testing.T, server *httptest.Server, r *http.Request) heard {
	t.Helper()
	to, err := url.Parse(server.URL)
	require.NoError(t, err)
	r.URL.Scheme, r.URL.Host, r.Host = to.Scheme, to.Host, ""
	answer, err := server.Client().Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	if server.EnableHTTP2 {
		require.Equal(t, 2, answer.ProtoMajor)
	}
	return hear(t, answer)
}

func TestHandlerRefusesMethods(t *testing.T) {
	t.Parallel()
	header := http.Header{agentmsg.SignatureHeader: {signature.Sign(webhookSecret, []byte(refusedBody))}}
	methods := []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "POSTS"}
	w := watch(t)
	for _, method := range methods {
		r := posted("http://app.test/", refusedBody, header)
		r.Method = method
		requireAnswer(t, w.receive(r.Clone(t.Context())), 405, "method_not_allowed")
		requireAnswer(t, overNetwork(t, w, r), 405, "method_not_allowed")
	}
	w.requireUnreached(t)
	require.Equal(t, agentmsg.WebhookStats{Refused: uint64(2 * len(methods))}, w.Stats())
}

func TestHandlerRefusesEncodings(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write([]byte(refusedBody))
	require.NoError(t, zip.Close())
	w := watch(t)
	for _, signed := range []string{refusedBody, packed.String()} {
		for _, encoding := range []string{"gzip", "identity, br", "GZIP", "x"} {
			header := http.Header{agentmsg.SignatureHeader: {signature.Sign(webhookSecret, []byte(signed))}, "Content-Encoding": {encoding}}
			requireAnswer(t, overNetwork(t, w, posted("http://app.test/", packed.String(), header)), 415, "unsupported_encoding")
		}
	}
	w.requireUnreached(t)
	require.Equal(t, agentmsg.WebhookStats{Refused: 8}, w.Stats())
	// Nothing is unpacked that nobody announces: it is no JSON, however signed.
	header := http.Header{agentmsg.SignatureHeader: {signature.Sign(webhookSecret, packed.Bytes())}}
	requireAnswer(t, overNetwork(t, w, posted("http://app.test/", packed.String(), header)), 400, "invalid_event")
	w.requireUnreached(t)
}

// A body that says the same in other bytes is another body.
func TestHandlerRefusesOtherBytes(t *testing.T) {
	t.Parallel()
	header := http.Header{agentmsg.SignatureHeader: {signature.Sign(webhookSecret, []byte(refusedBody))}}
	for _, body := range []string{
		strings.ReplaceAll(refusedBody, ":", ": "), refusedBody + "\n", " " + refusedBody, "\uFEFF" + refusedBody, refusedBody[:len(refusedBody)-1],
		`{"messageId":"m","response":"confidential","sessionId":"s"}`, strings.ReplaceAll(refusedBody, "c", "\\u0063"), "", refusedBody + refusedBody,
	} {
		w := watch(t)
		requireAnswer(t, overNetwork(t, w, posted("http://app.test/", body, header)), 401, "invalid_signature")
		w.requireUnreached(t)
	}
}

// What is not signed gets 401 whatever it is: had the decoder seen it, the
// answer to most of it were 400.
func TestUnsignedBytesReachNoDecoder(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{", "null", "\xff\xfe", nested(10_001), nested(400_000), strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<17)} {
		w := watch(t)
		for _, header := range []http.Header{{}, {agentmsg.SignatureHeader: {strings.Repeat("0", 64)}}} {
			requireAnswer(t, w.receive(posted("http://app.test/", body, header)), 401, "invalid_signature")
		}
		w.requireUnreached(t)
		if len(body) < 1<<20 {
			signed := http.Header{agentmsg.SignatureHeader: {signature.Sign(webhookSecret, []byte(body))}}
			requireAnswer(t, w.receive(posted("http://app.test/", body, signed)), 400, "invalid_event")
		}
		w.requireUnreached(t)
	}
}

func TestHandlerRefusesWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", " ", "null", "7", "[]", `"{}"`, "{", "{,}", "{} {}", `{"response":"a"}x`, "\uFEFF\uFEFF{}", "{}\x00", nested(10_001),
	} {
		w := watch(t)
		requireAnswer(t, w.receive(delivery(body)), 400, "invalid_event")
		w.requireUnreached(t)
		require.Equal(t, agentmsg.WebhookStats{Refused: 1}, w.Stats())
	}
}

// A signed object is delivered, as ParseEvent reads it: a 4xx would lose it.
func TestHandlerDeliversEveryObject(t *testing.T) {
	t.Parallel()
	bodies := []string{nested(10_000), "{\"response\":\"\xff\xfe\",\"sessionId\":\"\xff\"}", `{"response":"\u0000"}`, `{"eventType":"crm_new_kind","sessionId":"s"}`}
	for _, test := range tolerated {
		bodies = append(bodies, test.body)
	}
	slices.Sort(bodies)
	for _, body := range slices.Compact(bodies) {
		w := watch(t)
		requireAnswer(t, w.receive(delivery(body)), 200, "")
		want := parsed(t, body)
		require.Equal(t, []agentmsg.Event{want}, w.reached())
		require.Equal(t, []string{want.DedupeKey()}, w.claimed())
		require.Equal(t, agentmsg.WebhookStats{Handled: 1}, w.Stats())
	}
}
