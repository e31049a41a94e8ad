package agentmsg_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// recorder is a memoryServer that keeps each request and its body.
type recorder struct {
	memoryServer
	requests []*http.Request
	bodies   []string
}

func (k *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	k.requests, k.bodies = append(k.requests, r), append(k.bodies, string(body)) // of calls that follow one another
	return k.memoryServer.RoundTrip(r)
}

func (k *recorder) client() agentmsg.Option {
	return agentmsg.WithHTTPClient(&http.Client{Transport: k})
}

func (k *recorder) last() *http.Request { return k.requests[len(k.requests)-1] }

// The three calls by their class, and a connection that there never was.
var callSafe, callKeyed, callUnsafe = faultCalls[0].call, faultCalls[1].call, faultCalls[2].call
var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

// as is the error as one of the four types, with no secret in it.
func as[E error](t *testing.T, err error) E {
	t.Helper()
	e, ok := errors.AsType[E](err)
	require.True(t, ok, "%T: %v", err, err)
	requireNoSecret(t, err)
	return e
}

// served is a client in front of a recorder.
func served(t *testing.T, script ...tripFunc) (*recorder, *agentmsg.Client) {
	server := &recorder{memoryServer: memoryServer{script: script}}
	return server, faultClient(t, "http://api.test", server.client())
}

func TestAnswerWithResponse(t *testing.T) {
	t.Parallel()
	ray, some := http.Header{"Cf-Ray": {"r2"}}, http.Header{"X-Ratelimit-Limit": {"90"}, "X-Ratelimit-Reset": {"1795608060000"}}
	limits := http.Header{"X-Request-Id": {"r1"}, "X-Ratelimit-Limit": {"120"}, "X-Ratelimit-Remaining": {"7"}, "X-Ratelimit-Reset": {"1795608060"}}
	limit, partly := agentmsg.RateLimit{Limit: 120, Remaining: 7, Reset: time.Unix(1795608060, 0)}, agentmsg.RateLimit{Limit: 90, Remaining: -1, Reset: time.Unix(1795608060, 0)}
	for _, row := range []struct {
		script []tripFunc
		want   agentmsg.Response
		known  agentmsg.RateLimit // the client's: of any answer so far
	}{
		{[]tripFunc{memorySays(202, limits, peer.Good)}, agentmsg.Response{Status: 202, Header: limits, Body: []byte(peer.Good), Attempts: 1, RateLimit: limit, RequestID: "r1"}, limit},
		{[]tripFunc{memorySays(503, limits, ""), memorySays(200, nil, peer.Good)}, agentmsg.Response{Status: 200, Header: http.Header{}, Body: []byte(peer.Good), Attempts: 2}, limit},
		{[]tripFunc{memorySays(503, limits, ""), memoryFails(errRefused), memorySays(404, some, "none")}, agentmsg.Response{Status: 404, Header: some, Body: []byte("none"), Attempts: 3, RateLimit: partly}, partly},
		{[]tripFunc{memorySays(200, ray, "nonsense")}, agentmsg.Response{Status: 200, Header: ray, Body: []byte("nonsense"), Attempts: 1, RequestID: "r2"}, agentmsg.RateLimit{}},
		{[]tripFunc{memorySays(503, some, ""), memoryFails(errRefused), memoryFails(errRefused)}, agentmsg.Response{Attempts: 3}, partly},
	} {
		got := agentmsg.Response{RequestID: "of another call", Attempts: 9}
		client := faultClient(t, "http://api.test", inMemoryOf(row.script...).client())
		err := callSafe(t.Context(), client, agentmsg.WithResponse(&got), agentmsg.WithIdempotencyKey("k"))
		require.Equal(t, string(row.want.Body) == peer.Good, err == nil)
		require.Positive(t, got.Duration)
		got.Duration, row.want.IdempotencyKey = 0, "k"
		if row.want.RateLimit == (agentmsg.RateLimit{}) {
			row.want.RateLimit.Remaining = -1
		}
		require.Equal(t, row.want, got)
		known, ok := client.RateLimit(agentmsg.MAIA)
		require.Equal(t, []any{row.known, row.known.Limit > 0}, []any{known, ok})
	}
}

// An option's bad value is an error of the call, before anything is sent.
func TestWithCallOptionBadValues(t *testing.T) {
	t.Parallel()
	server, client := served(t)
	bad := map[string][]agentmsg.CallOption{
		"a CallOption": {nil}, "WithResponse": {agentmsg.WithResponse(nil)},
		"WithAttemptTimeout": {agentmsg.WithAttemptTimeout(0), agentmsg.WithAttemptTimeout(-1)}, "WithMaxAttempts": {agentmsg.WithMaxAttempts(0), agentmsg.WithMaxAttempts(-1)},
		"WithField":  {agentmsg.WithField("", 1), agentmsg.WithField("f", make(chan int)), agentmsg.WithField("content", secretWord)},
		"WithHeader": {agentmsg.WithHeader("X-A", "a\r\nX-B: s3cr3t"), agentmsg.WithHeader("X-A", "\x7f")},
	}
	for _, key := range []string{"", " s3cr3t", "s3cr3t\n", "s3cr3té", strings.Repeat("k", 256)} {
		bad["WithIdempotencyKey"] = append(bad["WithIdempotencyKey"], agentmsg.WithIdempotencyKey(key), agentmsg.WithHeader("x-idempotency-key", key))
	}
	for _, name := range []string{"", " ", "a b", "a:b", "é", "X\n", "authorization", "Proxy-Authorization", "cookie", "X-API-Key", "Host", "content-length", "Transfer-Encoding", "Connection", "Accept-Encoding"} {
		bad["WithHeader"] = append(bad["WithHeader"], agentmsg.WithHeader(name, secretToken))
	}
	for name, options := range bad {
		for _, option := range options {
			requireParam(t, callUnsafe(t.Context(), client, option), agentmsg.OpSend, name)
		}
	}
	for _, body := range []any{nil, []int{1}} {
		_, err := agentmsg.Do[struct{}](t.Context(), client, agentmsg.Request{API: agentmsg.MAIA, Method: "GET", Body: body}, agentmsg.WithField("f", 1))
		requireParam(t, err, agentmsg.OpDo, "WithField")
	}
	require.Empty(t, server.requests)
}

func TestWithFieldAndHeader(t *testing.T) {
	t.Parallel()
	server, client := served(t)
	opts := []agentmsg.CallOption{
		agentmsg.WithField("new", map[string]any{"a": []int{1}}), agentmsg.WithField(`q"`, nil), agentmsg.WithIdempotencyKey("k"),
		agentmsg.WithHeader("x-trace", "t"), agentmsg.WithHeader("idempotency-key", "l"), agentmsg.WithHeader("User-Agent", "mine"),
	}
	require.NoError(t, callUnsafe(t.Context(), client, opts...))
	require.JSONEq(t, `{"fromChannelIdentifier":"support","channelType":"api","content":"hello","new":{"a":[1]},"q\"":null}`, server.bodies[0])
	sent := map[string][]string(server.last().Header) // as net/http got it, names included
	require.Equal(t, [][]string{{"t"}, {"mine"}}, [][]string{sent["X-Trace"], sent["User-Agent"]})
	require.Equal(t, [][]string{{"k"}, {"l"}}, [][]string{sent["x-idempotency-key"], sent["idempotency-key"]}, "canonical names would let net/http send a message twice")
	require.NoError(t, callKeyed(t.Context(), client, opts[2]))
	require.Equal(t, []string{"k"}, server.last().Header["X-Idempotency-Key"], "a keyed call may be replayed")
}

func TestAnswerOfDo(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		request                           agentmsg.Request
		url, auth, key, contentType, body string
	}{
		{agentmsg.Request{API: agentmsg.MAIA, Method: "GET", Path: []string{"a/b", "c?%"}, Query: url.Values{"q": {"x y"}}}, "/a%2Fb/c%3F%25?q=x+y", "Bearer " + secretToken, "", "", ""},
		{agentmsg.Request{API: agentmsg.BluBash, Method: "HEAD"}, "", "", secretKey, "", ""},
		{agentmsg.Request{API: agentmsg.Conversations, Method: "PUT", Path: []string{"x"}, Body: []string{"y"}}, "/v1/x", "Bearer " + secretToken, "", "application/json", `["y"]`},
	} {
		server, client := served(t, memorySays(299, nil, "no JSON"), memorySays(200, nil, " raw "), memorySays(200, nil, "[1,2]"), memorySays(200, nil, "null"), memorySays(200, nil, "{"))
		_, err := agentmsg.Do[struct{}](t.Context(), client, row.request)
		require.NoError(t, err)
		sent := server.last()
		require.Equal(t, "http://api.test"+row.url, sent.URL.String())
		require.Equal(t, []string{row.request.Method, row.auth, row.key, row.contentType, row.body}, []string{sent.Method, sent.Header.Get("Authorization"), sent.Header.Get("X-Api-Key"), sent.Header.Get("Content-Type"), server.bodies[0]})
		raw, err := agentmsg.Do[json.RawMessage](t.Context(), client, row.request)
		require.NoError(t, err)
		require.Equal(t, " raw ", string(*raw))
		list, err := agentmsg.Do[[]int](t.Context(), client, row.request)
		require.NoError(t, err)
		require.Equal(t, sent.Method != "HEAD", len(*list) == 2)
		for range 2 {
			_, err = agentmsg.Do[map[string]any](t.Context(), client, row.request, agentmsg.WithMaxAttempts(1))
			require.Equal(t, sent.Method == "HEAD", err == nil, "it promises nothing")
			require.Equal(t, sent.Method != "HEAD", agentmsg.OutcomeOf(err) == agentmsg.OutcomeAccepted)
		}
	}
}

// A redirect is an answer; nobody is asked but the API.
func TestAnswerRedirect(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{"https://u:s3cr3t@other.test/a?sig=s3cr3t#s3cr3t": "https://other.test/a", "/login?next=s3cr3t": "/login", "%zz": "", "": ""} {
		server, client := served(t, memorySays(302, http.Header{"Location": {location}}, ""))
		_, err := agentmsg.Do[struct{}](t.Context(), client, agentmsg.Request{API: agentmsg.BluBash, Method: "GET"})
		e := as[*agentmsg.APIError](t, err)
		require.Equal(t, []any{want, agentmsg.ErrRedirect, 1}, []any{e.Location, e.Code, len(server.requests)})
	}
}

// What a server repeats of a credential, in whatever body, is taken out.
func TestAnswerEchoedCredential(t *testing.T) {
	t.Parallel()
	const token = `maia/s3cr3t"tok`
	for _, body := range []string{
		token, "<p>" + token + "</p>", `{"error":"maia/s3cr3t\"tok","message":{"detail":["x maia\/s3cr3t\"tok"]}}`, `{"error":"` + secretKey + `"}`,
		`{"errors":[{"message":"maia/s3cr3t\"tok"},{"message":"maia/s3cr3t\"tok"}]}`, `{"title":{"odd":"maia\/s3cr3t\"tok"}}`, `["Bearer maia/s3cr3t\"tok"]`,
	} {
		client := faultClient(t, "http://api.test", agentmsg.WithMAIA(token), inMemoryOf(memorySays(400, nil, body), memorySays(200, nil, body)).client())
		e := as[*agentmsg.APIError](t, callUnsafe(t.Context(), client))
		require.NotContains(t, e.Reason+e.Message+string(e.Body), secretWord)
		require.Contains(t, e.Reason+e.Message+string(e.Body), "REDACTED")
		require.NotContains(t, string(as[*agentmsg.DecodeError](t, callUnsafe(t.Context(), client)).Body), secretWord)
	}
}

func TestAnswerAPIErrorFields(t *testing.T) {
	t.Parallel()
	header, long := http.Header{"X-Request-Id": {"id"}, "Cf-Ray": {"ray"}, "Retry-After": {"7"}}, strings.Repeat("é", 40<<10)
	for _, row := range []struct{ body, reason, message string }{
		{`{"error":"E","message":"M","title":"T"}`, "E", "M"}, {`{"title":"T","detail":"D"}`, "T", "D"}, {`{"title":"T"}`, "T", "T"}, {`{"errors":["a",{"message":"b"}]}`, "", "a; b"},
		{`{"error":{"message":"deep"},"message":null}`, "deep", ""}, {`{"message":5}`, "", "5"}, {"\xef\xbb\xbf{\"error\":\"E\"}", "E", ""}, {"plain\ntext", "", "plain\ntext"}, {"", "", ""},
		{"[1]", "", "[1]"}, {long, "", strings.Repeat("é", 254) + "…"}, {`{"error":"` + long + `"}`, strings.Repeat("é", 32766) + "…", ""},
	} {
		client := faultClient(t, "http://api.test", inMemoryOf(memorySays(503, header, row.body)).client())
		e := as[*agentmsg.APIError](t, callUnsafe(t.Context(), client, agentmsg.WithIdempotencyKey("k")))
		require.Equal(t, []string{row.body[:min(len(row.body), 64<<10)], row.reason, row.message}, []string{string(e.Body), e.Reason, e.Message})
		e.Reason, e.Message, e.Body = "", "", nil
		require.Equal(t, "agentmsg: Messages.Send: POST /messages: 503 server (1 attempt, Unknown)", e.Error())
		require.Equal(t, []any{agentmsg.MAIA, agentmsg.OpSend, 503, agentmsg.ErrServer, "id", 7 * time.Second, 1, agentmsg.OutcomeUnknown, "k"},
			[]any{e.API, e.Op, e.Status, e.Code, e.RequestID, e.RetryAfter, e.Attempts, e.Outcome, e.IdempotencyKey})
	}
}

// The key that an ambiguous call carried is the one to go on with.
func TestAnswerIdempotencyKey(t *testing.T) {
	t.Parallel()
	server, client := served(t, memorySays(503, nil, ""), memoryFails(io.EOF), memoryFails(io.EOF), memorySays(409, nil, ""), memorySays(200, nil, "{}"))
	lost := as[*agentmsg.TransportError](t, callKeyed(t.Context(), client))
	key := lost.IdempotencyKey
	require.Equal(t, agentmsg.OutcomeUnknown, lost.Outcome)
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, key)
	require.Equal(t, key, as[*agentmsg.APIError](t, callKeyed(t.Context(), client, agentmsg.WithIdempotencyKey(key), agentmsg.WithMaxAttempts(1))).IdempotencyKey)
	require.Equal(t, key, as[*agentmsg.DecodeError](t, callKeyed(t.Context(), client, agentmsg.WithIdempotencyKey(key))).IdempotencyKey)
	require.Len(t, server.requests, 5)
	for _, r := range server.requests {
		require.Equal(t, []string{key}, r.Header["X-Idempotency-Key"])
	}
	require.NoError(t, callKeyed(t.Context(), client))
	require.NotEqual(t, key, server.last().Header.Get("X-Idempotency-Key"), "made once per call")
}

// tokens is a source that writes down what it was asked.
type tokens struct {
	give  []any // an error or a token; the last for good
	asked []string
}

func (k *tokens) next(_ context.Context, refused string) (string, error) {
	k.asked = append(k.asked, refused)
	given := k.give[min(len(k.asked), len(k.give))-1]
	token, _ := given.(string)
	err, _ := given.(error)
	return token, err
}

func (k *tokens) served(t *testing.T, script ...tripFunc) (*recorder, *agentmsg.Client) {
	server, client := served(t, script...)
	client, err := client.With(agentmsg.WithMAIATokenSource(k.next))
	require.NoError(t, err)
	return server, client
}
