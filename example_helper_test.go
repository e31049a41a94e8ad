package agentmsg_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/agentmsg/agentmsg"
)

// standIn is an API in a few lines, for the examples that show what is on the
// wire: it sees each request, and says what the answer is.
type standIn func(r *http.Request, body string) (status int, answer string)

// RoundTrip answers in memory.
func (f standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	status, answer := f(r, string(body))
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), ContentLength: int64(len(answer)), Request: r,
	}, nil
}

// client talks to the stand-in instead of the three APIs.
func (f standIn) client(opts ...agentmsg.Option) *agentmsg.Client {
	client, err := agentmsg.NewClient(append([]agentmsg.Option{
		agentmsg.WithMAIA("maia-token"), agentmsg.WithBluBash("blubash-key"), agentmsg.WithConversations("https://conversations.example/v1", "conversations-token"),
		agentmsg.WithHTTPClient(&http.Client{Transport: f}),
	}, opts...)...)
	if err != nil {
		panic(err)
	}
	return client
}

// show prints what the stand-in saw.
func show(values ...any) { _, _ = fmt.Fprintln(os.Stdout, values...) }
