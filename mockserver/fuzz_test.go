package mockserver_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// Whatever a body is, it is taken or refused with a reason; what is taken is
// one JSON object.
func FuzzStrictIn(f *testing.F) {
	for _, body := range []string{
		message(), message(`"attachments":[]`), "", "{", "null", "[]", `{"a":1}{}`, `{"content":"\"\\","content":1}`, "{\"\\u0063ontent\":\"x\"}", "{} x",
		`{"sender_id":"u","sender_type":"user","text":"t","metadata":{"a":[1,{"b":null},"]}"],"a":2}}`, "{\"a\":1e9 ,\t\"b\":[ ]}", "\xff", `{"content":true}`,
	} {
		f.Add(body)
	}
	s, err := mockserver.New(mockserver.WithAI(nil), mockserver.WithJournal(1))
	require.NoError(f, err)
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/messages", conversation} {
			status, answer := exchange(s, http.MethodPost, path, body)
			require.True(t, json.Valid([]byte(answer)), answer)
			require.Contains(t, []int{200, 202, 400, 404, 413}, status, answer)
			if status < 300 {
				require.True(t, json.Valid([]byte(body)))
				require.Equal(t, byte('{'), bytes.TrimSpace([]byte(body))[0])
			}
		}
	})
}
