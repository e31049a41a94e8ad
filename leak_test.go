package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// numberedTokens gives another token each time.
func numberedTokens() agentmsg.Option {
	n := 0
	return agentmsg.WithMAIATokenSource(func(context.Context, string) (string, error) {
		n++
		return fmt.Sprint(secretWord, "-", n), nil
	})
}

// What a server, a proxy or a RoundTripper says of a credential gets into no
// text, wherever it stands.
func TestLeakNothing(t *testing.T) {
	t.Parallel()
	inBody := strings.Repeat("x", 510-len(secretToken)) + secretToken + "y"
	for name, row := range map[string]struct {
		script []tripFunc
		opts   []agentmsg.Option
	}{
		"across the cut of a plain body": {[]tripFunc{memorySays(400, nil, inBody)}, nil},
		"in a RoundTripper's error":      {[]tripFunc{memoryFails(errors.New("proxy said: " + secretToken))}, nil},
		"in a wrapped URL":               {[]tripFunc{memoryFails(fmt.Errorf("x: %w", &url.Error{Op: "Get", URL: "http://a.test/?" + secretQuery, Err: io.EOF}))}, nil},
		"in a redirect's path":           {[]tripFunc{memorySays(302, http.Header{"Location": {"/login/" + secretToken}}, "")}, nil},
		"in a request id":                {[]tripFunc{memorySays(400, http.Header{"X-Request-Id": {secretToken}}, "")}, nil},
		"in JSON's own writing":          {[]tripFunc{memorySays(400, nil, `{"error":"s3cr3t\"<\/x"}`)}, []agentmsg.Option{agentmsg.WithMAIA(`s3cr3t"</x`)}},
		"in JSON for HTML":               {[]tripFunc{memorySays(400, nil, `{"error":"s3cr3t\"\u003c/x"}`)}, []agentmsg.Option{agentmsg.WithMAIA(`s3cr3t"</x`)}},
		"a token that was replaced":      {[]tripFunc{memorySays(401, nil, ""), memorySays(400, nil, `{"error":"`+secretWord+`-1 was replaced"}`)}, []agentmsg.Option{numberedTokens()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var heard []error
			hook := agentmsg.WithAttemptHook(func(_ context.Context, a agentmsg.Attempt) { heard = append(heard, a.Err) })
			err := callUnsafe(t.Context(), faultClient(t, "http://api.test", append(row.opts, inMemoryOf(row.script...).client(), hook)...))
			require.Error(t, err)
			for _, err := range append(heard, err) {
				requireNoSecret(t, err)
			}
			if failure, ok := errors.AsType[*agentmsg.APIError](err); ok {
				require.NotContains(t, string(failure.Body), secretWord)
				require.NotContains(t, failure.Message, "maia-token")
			}
		})
	}
}

// What a text does not show is still found.
func TestCleanedCauseIsFound(t *testing.T) {
	t.Parallel()
	lost := fmt.Errorf("%s: %w", secretToken, io.ErrUnexpectedEOF)
	err := callUnsafe(t.Context(), faultClient(t, "http://api.test", inMemoryOf(memoryFails(lost)).client()))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	requireNoSecret(t, err)
}

// A RoundTripper of the user's may name the URL in an error of its own.
func TestLeakNoQueryOfATracedURL(t *testing.T) {
	t.Parallel()
	traced := func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("traced %s: boom", r.URL) }
	client := faultClient(t, "http://api.test", inMemoryOf(traced).client())
	_, err := agentmsg.Do[struct{}](t.Context(), client, agentmsg.Request{
		API: agentmsg.MAIA, Method: http.MethodPost, Path: []string{"x"}, Query: url.Values{"sig": {secretWord}},
	})
	require.ErrorContains(t, err, "traced http://api.test/x: boom")
	requireNoSecret(t, err)
}

// A server that answers with no HTTP has its words in net/http's error.
func TestLeakNothingOfGarbage(t *testing.T) {
	t.Parallel()
	s := peer.New(t, func(c net.Conn, r *http.Request) bool {
		return peer.Garbage(r.Header.Get("Authorization"))(c, r)
	})
	requireNoSecret(t, callUnsafe(t.Context(), faultClient(t, s.URL())))
}

// The answer before the one that the context ended is in the error, without
// the token of that time.
func TestLeakNothingOfTheAttemptBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		echo := func(r *http.Request) (*http.Response, error) {
			return memorySays(401, nil, r.Header.Get("Authorization"))(r)
		}
		err := callSafe(ctx, faultClient(t, "http://api.test", numberedTokens(), inMemoryOf(echo, memoryHangs).client()))
		require.ErrorIs(t, err, agentmsg.ErrUnauthorized)
		requireNoSecret(t, err)
	})
}

// A result's own UnmarshalJSON may quote the body.
func TestLeakNothingOfTheBody(t *testing.T) {
	t.Parallel()
	client := faultClient(t, "http://api.test", inMemoryOf(memorySays(200, nil, `{"At":"the customer's words `+secretToken+`"}`)).client())
	_, err := agentmsg.Do[struct{ At time.Time }](t.Context(), client, agentmsg.Request{API: agentmsg.MAIA, Method: http.MethodGet})
	require.ErrorContains(t, err, "Do: GET /: 200, but the answer is unusable")
	require.NotContains(t, err.Error(), "customer")
	requireNoSecret(t, err)
}

// A rate limit that was answered and not waited for passes by itself, whoever
// refused the wait.
func TestTemporaryBehindTheOwnLimiter(t *testing.T) {
	t.Parallel()
	for _, first := range []tripFunc{memorySays(429, nil, ""), memoryFails(errRefused)} {
		client := faultClient(t, "http://api.test", inMemoryOf(first).client(),
			agentmsg.WithRateLimit(agentmsg.MAIA, agentmsg.RateWindow{Limit: 1, Per: time.Hour}))
		err := callUnsafe(t.Context(), client)
		require.ErrorIs(t, err, agentmsg.ErrRateLimited)
		require.True(t, agentmsg.Temporary(err), "%v", err)
	}
}

// A bound that was given stands against one that was not.
func TestMaxBackoffBelowTheDefaultMinimum(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 50 {
			m := inMemoryOf(memorySays(503, nil, ""))
			client := faultClient(t, "http://api.test", m.client(), agentmsg.WithRetry(agentmsg.RetryPolicy{MaxBackoff: 10 * time.Millisecond}))
			require.NoError(t, callSafe(t.Context(), client))
			require.LessOrEqual(t, m.waited(), 10*time.Millisecond)
		}
	})
}
