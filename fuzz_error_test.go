package agentmsg_test

import (
	"errors"
	"net/http"
	"testing"
	"unicode/utf8"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// Whatever a failed answer says, it is an error of one bounded line without
// the credential.
func FuzzErrorBody(f *testing.F) {
	for _, body := range []string{
		"", "null", "{", `{"error":"Bad Request","message":"content or attachments required"}`, `{"status":"error","message":"no","data":null}`,
		`{"error":{"message":"deep"}}`, `{"errors":[{"detail":"a"},"b",7]}`, `{"message":["a","b"]}`, html, `{"message":"` + secretToken + `"}`,
		secretToken, "\xff\xfe", `{"error":"x\ny"}`, "\uFEFF{\"error\":\"bom\"}", `{"message":"rate limit exceeded"}`,
	} {
		for _, status := range []int{400, 403, 404, 409, 500, 503} {
			f.Add(status, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 300 || status > 999 {
			t.Skip("no failure")
		}
		client := faultClient(t, "http://api.test", agentmsg.WithHTTPClient(&http.Client{Transport: tripFunc(func(r *http.Request) (*http.Response, error) {
			return memorySays(status, nil, string(body))(r)
		})}))
		for _, c := range faultCalls {
			err := c.call(t.Context(), client, agentmsg.WithMaxAttempts(1))
			failure, ok := errors.AsType[*agentmsg.APIError](err)
			require.True(t, ok, "%T %v", err, err)
			require.Equal(t, status, failure.Status)
			require.LessOrEqual(t, len(failure.Body), 64<<10)
			require.LessOrEqual(t, len(failure.Message), 64<<10)
			require.True(t, utf8.ValidString(err.Error()))
			for _, secret := range []string{secretToken, secretKey} { // whole: a part of one may come by chance
				require.NotContains(t, err.Error(), secret)
				require.NotContains(t, string(failure.Body), secret)
			}
		}
	})
}
