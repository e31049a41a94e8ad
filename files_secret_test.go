package agentmsg_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

func TestTicketsAreNotShown(t *testing.T) {
	t.Parallel()
	up := agentmsg.UploadTicket{UploadURL: "https://s/k?sig=s3cr3t", FileKey: "key", ContentType: "a/b", Size: 7}
	down := agentmsg.DownloadTicket{DownloadURL: "https://s/k?sig=s3cr3t", ContentType: "a/b", Size: 7}
	var log bytes.Buffer
	text, logged := slog.New(slog.NewTextHandler(&log, nil)), slog.New(slog.NewJSONHandler(&log, nil))
	for _, value := range []any{up, &up, down, &down, struct{ T agentmsg.UploadTicket }{up}, []agentmsg.DownloadTicket{down}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			require.NotContains(t, fmt.Sprintf(verb, value), secretWord, verb)
			require.NotContains(t, fmt.Sprintf(verb, value), "733363723374", verb) // in hex
		}
		text.Info("x", "ticket", value)
	}
	for _, value := range []any{up, &up, down, &down} {
		logged.Info("x", "ticket", value)
		require.Contains(t, log.String(), `"ticket":{`)
	}
	require.NotContains(t, log.String(), secretWord)
	require.Contains(t, log.String(), `"ticket":{"fileKey":"key","contentType":"a/b","size":7}`)

	whole, err := json.Marshal(up) // to hand it on
	require.NoError(t, err)
	require.JSONEq(t, `{"uploadUrl":"https://s/k?sig=s3cr3t","fileKey":"key","expiresAt":null,"contentType":"a/b","size":7}`, string(whole))
	var back agentmsg.UploadTicket
	require.NoError(t, json.Unmarshal(whole, &back))
	require.Equal(t, up, back)
}

// Whoever repeats what is presigned, and however: it is in no text. What is no
// secret stays, or no error could be read.
func TestPresignedIsInNoText(t *testing.T) {
	t.Parallel()
	target := presignedTarget + "&X-Amz-Security-Token=s3cr3t%2Btok%3D&x-id=PutObject"
	for name, trip := range map[string]tripFunc{
		"the URL in an error": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("no such host (3600 s, PutObject): %s", r.URL)
		},
		"a value as it was meant": func(*http.Request) (*http.Response, error) {
			return nil, errors.New("no such host (3600 s, PutObject): s3cr3t+tok=")
		},
		"a value as it was written": func(*http.Request) (*http.Response, error) {
			return nil, errors.New("no such host (3600 s, PutObject): s3cr3t%2Btok%3D")
		},
		"the target in a page": func(r *http.Request) (*http.Response, error) {
			return memorySays(400, nil, "no such host (3600 s, PutObject): "+r.URL.RequestURI())(r)
		},
		"in XML":      memorySays(400, nil, "<Error><Code>s3cr3t</Code><Message>no such host (3600 s, PutObject): s3cr3t+tok=</Message></Error>"),
		"in a header": memorySays(302, http.Header{"Location": {"/no such host (3600 s, PutObject)/s3cr3t?sig=s3cr3t"}, "X-Request-Id": {secretWord}}, "no such host (3600 s, PutObject)"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			var heard []error
			client := faultClient(t, "http://api.test", agentmsg.WithHTTPClient(&http.Client{Transport: trip}), agentmsg.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))),
				agentmsg.WithAttemptHook(func(_ context.Context, a agentmsg.Attempt) { heard = append(heard, a.Err) }))
			ticket := &agentmsg.UploadTicket{UploadURL: agentmsg.Secret("http://s.test" + target), ContentType: "a/b", Size: 1}
			err := client.Attachments.Put(t.Context(), ticket, counted("x").file(1))
			require.ErrorContains(t, err, "no such host (3600 s, PutObject)")
			for _, err := range append(heard, err) {
				requireNoSecret(t, err)
			}
			if refused, ok := errors.AsType[*agentmsg.APIError](err); ok {
				require.NotContains(t, refused.Reason+refused.Message+string(refused.Body)+refused.Location+refused.RequestID, secretWord)
			}
			require.NotContains(t, log.String(), secretWord)
		})
	}
}

// Memory does not grow with the file. This one runs alone: it counts all that
// the process allocates, the server's side included.
func TestFilesInFlatMemory(t *testing.T) {
	const size, most = 50 << 20, 2 << 20
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut:
			if n, _ := io.Copy(io.Discard, r.Body); n != size || r.ContentLength != size {
				w.WriteHeader(http.StatusBadRequest)
			}
		case r.URL.Path == "/big":
			w.Header().Set("Content-Length", quotedSize(size))
			_, _ = io.Copy(w, &noise{size})
		default:
			_, _ = fmt.Fprintf(w, `{"downloadUrl":"http://%s/big?sig=s3cr3t"}`, r.Host)
		}
	}))
	defer storage.Close()
	client := faultClient(t, storage.URL)
	ticket := &agentmsg.UploadTicket{UploadURL: agentmsg.Secret(storage.URL + "/k"), ContentType: "video/mp4", Size: size}
	for name, move := range map[string]func() error{
		"upload": func() error {
			return client.Attachments.Put(t.Context(), ticket, agentmsg.FileFromReader("a.mp4", size, &noise{size}))
		},
		"download": func() error {
			n, err := client.Attachments.Download(t.Context(), "k", io.Discard)
			require.EqualValues(t, size, n)
			return err
		},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		require.NoError(t, move(), name)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(most), name)
	}
}
