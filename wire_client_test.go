package agentmsg_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// anyAnswer is a success of every operation.
const anyAnswer = `{"id":"m","messageId":"m","sessionId":"s","userMessage":{"id":"m"},"data":{"message":{"id":"m"}},` +
	`"fileKey":"k","uploadUrl":"` + storageURL + `","downloadUrl":"` + storageURL + `"}`

// wireSent is a request as it stands on the wire, read back from there: only
// that shows what net/http makes of a body and of a URL.
type wireSent struct {
	*http.Request
	url, body string
}

// wireRecorder answers every request in the same way and keeps it.
type wireRecorder struct {
	mock *httpmock.MockTransport
	mu   sync.Mutex
	sent []wireSent
	ops  []agentmsg.Op
}

// wireClient is a client of all three APIs at their default addresses, whose
// requests end in the recorder.
func wireClient(t *testing.T, status int, answer string, opts ...agentmsg.Option) (*agentmsg.Client, *wireRecorder) {
	t.Helper()
	r := &wireRecorder{mock: httpmock.NewMockTransport()}
	r.mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		if err := r.record(req); err != nil {
			return nil, err
		}
		return httpmock.NewStringResponse(status, answer), nil
	})
	client, err := agentmsg.NewClient(append([]agentmsg.Option{
		agentmsg.WithMAIA("maia-token"), agentmsg.WithBluBash("blubash-key"), agentmsg.WithConversations("https://conversations.example/v1", "conversations-token"),
		agentmsg.WithHTTPClient(&http.Client{Transport: r.mock}),
		agentmsg.WithAttemptHook(func(_ context.Context, a agentmsg.Attempt) { r.ops = append(r.ops, a.Op) }),
	}, opts...)...)
	require.NoError(t, err)
	return client, r
}

func (r *wireRecorder) record(req *http.Request) error {
	sent := wireSent{url: req.URL.String()}
	var onTheWire bytes.Buffer
	if err := req.Write(&onTheWire); err != nil {
		return err
	}
	var err error
	if sent.Request, err = http.ReadRequest(bufio.NewReader(&onTheWire)); err != nil {
		return err
	}
	body, err := io.ReadAll(sent.Body)
	sent.body = string(body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, sent)
	return err
}

// only is the one request that there was.
func (r *wireRecorder) only(t *testing.T) wireSent {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Len(t, r.sent, 1)
	return r.sent[0]
}
