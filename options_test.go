package agentmsg_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

func newClient(t *testing.T, opts ...agentmsg.Option) *agentmsg.Client {
	t.Helper()
	client, err := agentmsg.NewClient(opts...)
	require.NoError(t, err)
	return client
}

// requireParam is what every wrong parameter and option has in common.
func requireParam(t *testing.T, err error, op agentmsg.Op, param string) {
	t.Helper()
	e := as[*agentmsg.ParamError](t, err)
	require.Equal(t, []any{op, param}, []any{e.Op, e.Param})
	require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
	require.Contains(t, err.Error(), param)
	require.Equal(t, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(err))
	require.False(t, agentmsg.Temporary(err))
}

// badTokens cannot stand in a header, or were not copied whole.
var badTokens = []string{"", " " + secretToken, secretToken + " ", secretToken + "\n", "\t" + secretToken, secretToken + "\x00", secretToken + "é", "s3cr3t\r\nX: y"}

// badBases hold the word, so that an error which repeats one is found.
var badBases = []string{
	"", "api.test/s3cr3t", "//api.test/s3cr3t", "ftp://api.test/s3cr3t", "s3cr3t", "http:///s3cr3t", "http://:80/s3cr3t", "https:s3cr3t",
	"http://user:s3cr3t@api.test", "http://s3cr3t@api.test", "http://api.test?key=s3cr3t", "http://api.test/?", "http://api.test/#s3cr3t", "http://api.test/#",
	" http://api.test/s3cr3t", "http://api.test/s3cr3t ", "http://api.test/s3 cr3t", "http://api.test/s3cr3t\n", "http://api.test/%zzs3cr3t", "http://[::1/s3cr3t",
}

func TestOptionBadValues(t *testing.T) {
	t.Parallel()
	const maia, nowhere = agentmsg.MAIA, agentmsg.API("s3cr3t")
	bad := map[string][]agentmsg.Option{
		"an Option":           {nil},
		"WithMAIATokenSource": {agentmsg.WithMAIATokenSource(nil)},
		"WithHTTPClient":      {agentmsg.WithHTTPClient(nil)},
		"WithRetry": {
			policy(agentmsg.RetryPolicy{MaxAttempts: -1}), policy(agentmsg.RetryPolicy{MinBackoff: -1}), policy(agentmsg.RetryPolicy{MaxBackoff: -1}),
			policy(agentmsg.RetryPolicy{MaxRetryAfter: -1}), policy(agentmsg.RetryPolicy{AttemptTimeout: -1}), policy(agentmsg.RetryPolicy{MinBackoff: 2, MaxBackoff: 1}),
		},
		"WithIdleConnTimeout": {agentmsg.WithIdleConnTimeout(0), agentmsg.WithIdleConnTimeout(-1)},
		"WithLogger":          {agentmsg.WithLogger(nil)},
		"WithAttemptHook":     {agentmsg.WithAttemptHook(nil)},
		"WithUserAgent":       {agentmsg.WithUserAgent(""), agentmsg.WithUserAgent(" a"), agentmsg.WithUserAgent("a\r\nX-Api-Key: b"), agentmsg.WithUserAgent("é")},
		"WithRateLimit": {
			agentmsg.WithRateLimit(maia), agentmsg.WithRateLimit(nowhere, agentmsg.RateWindow{Limit: 1, Per: 1}),
			agentmsg.WithRateLimit(maia, agentmsg.RateWindow{Per: 1}), agentmsg.WithRateLimit(maia, agentmsg.RateWindow{Limit: 1, Per: 1}, agentmsg.RateWindow{Limit: 1}),
		},
		"WithLimiter": {agentmsg.WithLimiter(maia, nil), agentmsg.WithLimiter(nowhere, refusing{})},
		"WithBaseURL": {agentmsg.WithBaseURL(nowhere, "http://api.test")},
	}
	for _, base := range badBases {
		bad["WithBaseURL"] = append(bad["WithBaseURL"], agentmsg.WithBaseURL(maia, base))
		bad["WithConversations"] = append(bad["WithConversations"], agentmsg.WithConversations(base, secretToken))
	}
	for _, token := range badTokens {
		bad["WithMAIA"] = append(bad["WithMAIA"], agentmsg.WithMAIA(token))
		bad["WithBluBash"] = append(bad["WithBluBash"], agentmsg.WithBluBash(token))
		bad["WithConversations"] = append(bad["WithConversations"], agentmsg.WithConversations("http://api.test", token))
	}
	base := newClient(t, agentmsg.WithMAIA(secretToken))
	for name, options := range bad {
		for _, option := range options {
			client, err := agentmsg.NewClient(agentmsg.WithBluBash(secretKey), option, agentmsg.WithMAIA(secretToken))
			require.Nil(t, client)
			requireParam(t, err, "NewClient", name)
			client, err = base.With(option)
			require.Nil(t, client)
			requireParam(t, err, "NewClient", name)
		}
	}
	_, err := agentmsg.NewLimiter()
	requireParam(t, err, "NewLimiter", "windows")
}

// refusing is a limiter that lets nobody through.
type refusing struct{}

func (refusing) Wait(context.Context) error { return io.ErrNoProgress }

// The last one wins, of the same option and of two that say the same.
func TestOptionOrder(t *testing.T) {
	t.Parallel()
	source := agentmsg.WithMAIATokenSource(func(context.Context, string) (string, error) { return "sourced", nil })
	base := func(s string) agentmsg.Option { return agentmsg.WithBaseURL(agentmsg.MAIA, s) }
	one, two, product := agentmsg.WithMAIA("one"), agentmsg.WithMAIA("two"), agentmsg.WithUserAgent
	for _, row := range []struct {
		opts                []agentmsg.Option
		url, token, product string
	}{
		{[]agentmsg.Option{one, two}, "https://api.maiacompany.io", "two", ""},
		{[]agentmsg.Option{source, two}, "https://api.maiacompany.io", "two", ""},
		{[]agentmsg.Option{one, source}, "https://api.maiacompany.io", "sourced", ""},
		{[]agentmsg.Option{one, base("http://a.test"), base("HTTPS://b.test:8080//")}, "https://b.test:8080", "one", ""},
		{[]agentmsg.Option{base("http://[::1]:80/a%2Fb/"), product("x"), one, product("app/1 y")}, "http://[::1]:80/a%2Fb", "one", "app/1 y "},
	} {
		server := new(recorder)
		require.NoError(t, callUnsafe(t.Context(), newClient(t, append(row.opts, inMemoryOf().client(), server.client())...)))
		sent := server.last()
		require.Equal(t, row.url+"/messages", sent.URL.String())
		require.Equal(t, []string{"Bearer " + row.token}, sent.Header["Authorization"])
		require.Equal(t, []string{row.product + "agentmsg-go/" + agentmsg.Version}, sent.Header["User-Agent"])
		require.Equal(t, []string{"application/json"}, sent.Header["Accept"])
	}
}

// The user's client goes on serving others: nothing of it may change.
func TestWithHTTPClientIsNotWritten(t *testing.T) {
	t.Parallel()
	server := peer.New(t, peer.Refusal(302, "Location: /elsewhere\r\n"))
	tr := &http.Transport{MaxIdleConns: 7, MaxIdleConnsPerHost: 3, IdleConnTimeout: time.Hour, MaxResponseHeaderBytes: 1 << 20}
	before := tr.Clone() // which makes net/http set up what it does by itself
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	redirects := 0
	h := &http.Client{Transport: tr, Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { redirects++; return nil }}
	client := faultClient(t, server.URL(), agentmsg.WithHTTPClient(h))
	require.ErrorIs(t, callSafe(t.Context(), client), agentmsg.ErrRedirect)
	require.NoError(t, callUnsafe(t.Context(), client))
	require.Zero(t, redirects, "CheckRedirect is ignored")
	require.True(t, h.Transport == http.RoundTripper(tr) && h.Jar == http.CookieJar(jar) && h.Timeout == time.Minute && h.CheckRedirect != nil)
	require.Equal(t, before, tr.Clone())
	h.Transport, h.Timeout = memoryFails(io.EOF), 1 // a copy was made: what the user does later changes nothing
	require.NoError(t, callUnsafe(t.Context(), client))
	require.NoError(t, callUnsafe(t.Context(), faultClient(t, server.URL(), agentmsg.WithHTTPClient(&http.Client{}))), "no Transport: one of our own")
}

func TestWithHTTPClientTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, row := range []struct{ client, call, want time.Duration }{
			{5 * time.Second, time.Minute, 5 * time.Second}, {time.Minute, 2 * time.Second, 2 * time.Second}, {0, 7 * time.Second, 7 * time.Second},
		} {
			client := faultClient(t, "http://api.test", agentmsg.WithHTTPClient(&http.Client{Transport: tripFunc(memoryHangs), Timeout: row.client}))
			began := time.Now()
			err := callUnsafe(t.Context(), client, agentmsg.WithAttemptTimeout(row.call))
			require.Equal(t, row.want, time.Since(began))
			require.ErrorIs(t, err, agentmsg.ErrAttemptTimeout)
			require.NotErrorIs(t, err, context.DeadlineExceeded)
		}
	})
}

// No way of printing a client, or of logging one, shows what it holds.
func TestOptionSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	client := faultClient(t, "http://api.test/"+secretWord)
	var text bytes.Buffer
	for _, v := range []any{client, *client, client.Messages, client.Contacts, client.Conversations, []*agentmsg.Client{client}, agentmsg.WithMAIA(secretToken)} {
		_, _ = fmt.Fprintf(&text, "%v %+v %#v %s %q %x\n", v, v, v, v, v, v)
		slog.New(slog.NewTextHandler(&text, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "v", v)
	}
	require.NotContains(t, text.String(), secretWord)
	require.NotContains(t, strings.ToLower(text.String()), fmt.Sprintf("%x", secretWord))
}

// A copy shares the connections, and the client it comes from stays as it is.
func TestWithSharesConnections(t *testing.T) {
	t.Parallel()
	server := peer.New(t)
	base := faultClient(t, server.URL())
	_, err := base.With(agentmsg.WithIdleConnTimeout(time.Second))
	requireParam(t, err, "NewClient", "WithIdleConnTimeout")
	other, err := base.With(agentmsg.WithMAIA("other"), agentmsg.WithUserAgent("x"))
	require.NoError(t, err)
	again, err := base.With() // the change is the other's alone
	require.NoError(t, err)
	for _, client := range []*agentmsg.Client{again, other, base} {
		require.NoError(t, callUnsafe(t.Context(), client))
	}
	require.Equal(t, 3, server.Seen())
	require.Equal(t, 1, server.Accepted())
	for i, token := range []string{secretToken, "other", secretToken} {
		require.Equal(t, "Bearer "+token, server.Request(i).Header.Get("Authorization"))
		require.Equal(t, i == 1, strings.HasPrefix(server.Request(i).UserAgent(), "x "))
	}
	for _, both := range [][]agentmsg.Option{
		{agentmsg.WithIdleConnTimeout(1), agentmsg.WithHTTPClient(new(http.Client))}, {agentmsg.WithHTTPClient(new(http.Client)), agentmsg.WithIdleConnTimeout(1)},
	} {
		_, err = agentmsg.NewClient(both...)
		requireParam(t, err, "NewClient", "WithIdleConnTimeout")
	}
}

// Budget, windows and reported limit belong to a credential; a limiter value
// belongs to whoever gave it.
func TestWithNewCredentialBeginsAnew(t *testing.T) {
	t.Parallel()
	limited := http.Header{"X-Ratelimit-Limit": {"120"}}
	broken := memorySays(500, limited, "")
	base := faultClient(t, "http://api.test", agentmsg.WithHTTPClient(&http.Client{Transport: broken}),
		agentmsg.WithRetry(agentmsg.RetryPolicy{MaxAttempts: 2, MinBackoff: 1, MaxBackoff: 1, Budget: 10}),
		agentmsg.WithRateLimit(agentmsg.MAIA, agentmsg.RateWindow{Limit: 3, Per: time.Hour}))
	spent := func(opts ...agentmsg.Option) error {
		client, err := base.With(opts...)
		require.NoError(t, err)
		_, known := client.RateLimit(agentmsg.MAIA)
		require.Equal(t, len(opts) == 0, known)
		return callSafe(t.Context(), client)
	}
	require.NotErrorIs(t, callSafe(t.Context(), base), agentmsg.ErrRetryBudget)
	require.ErrorIs(t, spent(), agentmsg.ErrRetryBudget, "the same budget")
	err := spent()
	require.ErrorIs(t, err, agentmsg.ErrRateLimited, "the same windows")
	require.Equal(t, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(err))
	err = spent(agentmsg.WithMAIA("other"))
	require.ErrorIs(t, err, agentmsg.ErrServer)
	require.NotErrorIs(t, err, agentmsg.ErrRetryBudget)
	require.ErrorIs(t, callSafe(t.Context(), base), agentmsg.ErrRateLimited, "the base is as it was")

	shut, err := base.With(agentmsg.WithLimiter(agentmsg.MAIA, refusing{}))
	require.NoError(t, err)
	shut, err = shut.With(agentmsg.WithMAIA("other"))
	require.NoError(t, err)
	require.ErrorIs(t, callSafe(t.Context(), shut), io.ErrNoProgress, "a limiter value stays")
}

// A client without options is a base, and says what it lacks.
func TestWithoutOptions(t *testing.T) {
	t.Parallel()
	base := newClient(t)
	for i, option := range []string{"WithMAIA", "WithBluBash", "WithMAIA"} {
		err := faultCalls[i].call(t.Context(), base)
		require.ErrorIs(t, err, agentmsg.ErrNotConfigured)
		require.ErrorContains(t, err, option)
	}
	client, err := base.With(agentmsg.WithMAIA("token"), inMemoryOf().client())
	require.NoError(t, err)
	require.NoError(t, callUnsafe(t.Context(), client))
}

// The variables in the order of the doc, and what comes of them.
func TestEnv(t *testing.T) {
	names := []string{"MAIA_API_TOKEN", "MAIA_BASE_URL", "BLUBASH_API_KEY", "BLUBASH_BASE_URL", "CONVERSATIONS_API_TOKEN", "CONVERSATIONS_BASE_URL"}
	const maia, bluBash, conversations = agentmsg.MAIA, agentmsg.BluBash, agentmsg.Conversations
	for _, row := range []struct {
		env  string // values by position, separated by blanks; - is empty
		opt  agentmsg.Option
		api  agentmsg.API
		want string // the request's URL and credential, or what the error names
	}{
		{"tok - - - - -", nil, maia, "https://api.maiacompany.io Bearer tok"},
		{"tok http://m.test/x/ - - - -", nil, maia, "http://m.test/x Bearer tok"},
		{"- - key - - -", nil, bluBash, "https://api.blubash.io key"},
		{"tok - key http://b.test - -", nil, bluBash, "http://b.test key"},
		{"- - - - tok http://c.test/v1", nil, conversations, "http://c.test/v1 Bearer tok"},
		{"tok http://m.test - - - -", agentmsg.WithMAIA("mine"), maia, "http://m.test Bearer mine"},
		{"tok http://m.test - - - -", agentmsg.WithBaseURL(maia, "http://mine.test"), maia, "http://mine.test Bearer tok"},
		{"- http://m.test - - - -", agentmsg.WithMAIA("mine"), maia, "http://m.test Bearer mine"},
		{"- - - - tok -", agentmsg.WithBaseURL(conversations, "http://mine.test"), conversations, "http://mine.test Bearer tok"},
		{"- - - - - -", agentmsg.WithBluBash("mine"), bluBash, "https://api.blubash.io mine"},
		{"- - - - - -", nil, "", "MAIA_API_TOKEN BLUBASH_API_KEY CONVERSATIONS_API_TOKEN CONVERSATIONS_BASE_URL"},
		{"- http://m.test - - - -", nil, "", "MAIA_API_TOKEN MAIA_BASE_URL"},
		{"tok - - http://b.test - -", nil, "", "BLUBASH_API_KEY BLUBASH_BASE_URL"},
		{"tok - - - - http://c.test", nil, "", "CONVERSATIONS_API_TOKEN CONVERSATIONS_BASE_URL"},
		{"tok - - - tok -", nil, "", "CONVERSATIONS_API_TOKEN CONVERSATIONS_BASE_URL"},
		{"s3cr3t\n - - - - -", nil, "", "MAIA_API_TOKEN"}, {"- - s3cr3té - - -", nil, "", "BLUBASH_API_KEY"}, {"- - - - s3cr3té http://c.test", nil, "", "CONVERSATIONS_API_TOKEN"},
		{"t http://a:s3cr3t@m.test - - - -", nil, "", "MAIA_BASE_URL"}, {"t - t m.test/s3cr3t - -", nil, "", "BLUBASH_BASE_URL"}, {"- - - - t http://c.test?s3cr3t", nil, "", "CONVERSATIONS_BASE_URL"},
	} {
		for i, value := range strings.Split(row.env, " ") {
			t.Setenv(names[i], strings.ReplaceAll(strings.TrimPrefix(value, "-"), `\n`, "\n"))
		}
		server := new(recorder)
		opts := []agentmsg.Option{server.client()}
		if row.opt != nil {
			opts = append(opts, row.opt)
		}
		client, err := agentmsg.NewClientFromEnv(opts...)
		if row.api == "" {
			requireParam(t, err, "NewClient", as[*agentmsg.ParamError](t, err).Param)
			for name := range strings.SplitSeq(row.want, " ") {
				require.Contains(t, err.Error(), name)
			}
			continue
		}
		require.NoError(t, err, row.env)
		_, err = agentmsg.Do[struct{}](t.Context(), client, agentmsg.Request{API: row.api, Method: "GET"})
		require.NoError(t, err)
		sent := server.last()
		require.Equal(t, row.want, sent.URL.String()+" "+sent.Header.Get("Authorization")+sent.Header.Get("X-Api-Key"))
	}
}
