package agentmsg_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// HTTP/2 closes a file in the middle of Read, HTTP/1 waits for that Read. The
// call ends in both, and what the file says then is not what ended it.
func TestUploadEndedInARead(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		storage := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
		storage.EnableHTTP2, storage.Config.ErrorLog = http2, slog.NewLogLogger(slog.DiscardHandler, 0)
		storage.StartTLS()
		t.Cleanup(storage.Close)
		ctx, cancel := context.WithCancel(t.Context())
		pipe, _ := io.Pipe()
		file := &countedFile{open: func(int) (io.Reader, error) {
			return readFunc(func(p []byte) (int, error) { cancel(); return pipe.Read(p) }), nil
		}}
		given := file.file(5)
		open := given.Open
		given.Open = func() (io.ReadCloser, error) {
			content, err := open()
			content.(*countedContent).Reader = closingPipe{content.(*countedContent).Reader, pipe}
			return content, err
		}
		ticket := &agentmsg.UploadTicket{UploadURL: agentmsg.Secret(storage.URL + presignedTarget), ContentType: "a/b", Size: 5}
		err := faultClient(t, "http://api.test", agentmsg.WithHTTPClient(storage.Client())).Attachments.Put(ctx, ticket, given)
		requireEnded(t, err, context.Canceled, agentmsg.OutcomeUnknown, context.Canceled)
		require.NotContains(t, err.Error(), "the file")
		file.requireCounts(t, 1, 1)
	}
}

type closingPipe struct {
	io.Reader
	io.Closer
}

// A file that fails says so whatever the protocol.
func TestUploadHTTP2(t *testing.T) {
	t.Parallel()
	var got []string
	storage := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			got = append(got, r.Proto, r.RequestURI, fmt.Sprint(r.ContentLength, r.Header), string(body))
		}
	}))
	storage.EnableHTTP2, storage.Config.ErrorLog = true, slog.NewLogLogger(slog.DiscardHandler, 0)
	storage.StartTLS()
	defer storage.Close()
	client := faultClient(t, "http://api.test", agentmsg.WithHTTPClient(storage.Client()))
	ticket := &agentmsg.UploadTicket{UploadURL: agentmsg.Secret(storage.URL + "/k%2f|?a=+;b"), ContentType: "a/b", Size: 3}
	requireSource(t, client.Attachments.Put(t.Context(), ticket, counted("ab").file(3)), "shorter")
	requireSource(t, client.Attachments.Put(t.Context(), ticket, counted("abcd").file(3)), "longer")
	require.NoError(t, client.Attachments.Put(t.Context(), ticket, counted("abc").file(3)))
	storage.Close()
	require.Equal(t, []string{"HTTP/2.0", "/k%2f|?a=+;b", "3 map[Accept-Encoding:[identity] Content-Length:[3] Content-Type:[a/b]]", "abc"}, got)
}
