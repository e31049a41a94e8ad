package agentmsg_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// What an attempt has begun ends with it: its context is over once the call
// returns, a download's too. And a RoundTripper sees the host.
func TestAttemptContextEndsWithTheAttempt(t *testing.T) {
	t.Parallel()
	var contexts []context.Context
	client, err := agentmsg.NewClient(agentmsg.WithMAIA("token"), agentmsg.WithBaseURL(agentmsg.MAIA, "https://maia.test"),
		agentmsg.WithHTTPClient(&http.Client{Transport: tripFunc(func(r *http.Request) (*http.Response, error) {
			contexts = append(contexts, r.Context())
			require.NoError(t, r.Context().Err())
			require.Equal(t, r.URL.Host, r.Host)
			body := `{"downloadUrl":"https://files.test/f?sig=x","size":2}`
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})}))
	require.NoError(t, err)
	_, err = client.Attachments.Download(t.Context(), "key", io.Discard)
	require.NoError(t, err)
	require.Len(t, contexts, 2, "for the URL and the file")
	for _, ctx := range contexts {
		require.ErrorIs(t, ctx.Err(), context.Canceled)
	}
}

// A token source may ask over HTTP with its context: its connections are no
// attempts of the call.
func TestTokenSourceOverHTTPIsNoAttempt(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			_, _ = io.WriteString(w, "token")
			return
		}
		w.WriteHeader(http.StatusBadRequest)
	}))
	t.Cleanup(server.Close)
	source := func(ctx context.Context, _ string) (string, error) {
		for range 2 {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/token", nil)
			if err != nil {
				return "", err
			}
			resp, err := server.Client().Do(req)
			if err != nil {
				return "", err
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		return "token", nil
	}
	client, err := agentmsg.NewClient(agentmsg.WithMAIATokenSource(source), agentmsg.WithBaseURL(agentmsg.MAIA, server.URL))
	require.NoError(t, err)
	_, err = client.Messages.Send(t.Context(), agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: "hi"})
	refused := as[*agentmsg.APIError](t, err)
	require.Equal(t, 1, refused.Attempts)
	require.Equal(t, agentmsg.OutcomeRejected, refused.Outcome)
}
