package agentmsg_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

func TestDownloadURLPath(t *testing.T) {
	t.Parallel()
	api := newFileAPI(t)
	for key, want := range map[string]string{
		"k": "k", "companies/7/2024/a.jpg": "companies/7/2024/a.jpg", "a b/c%2F/é?#;+&=.pdf": "a%20b/c%252F/%C3%A9%3F%23%3B+&=.pdf", "a/...": "a/...",
	} {
		ticket, err := api.client.Attachments.DownloadURL(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, api.storage.URL()+presignedTarget, string(ticket.DownloadURL))
		r := api.maia.Request(api.maia.Seen() - 1)
		require.Equal(t, "GET /attachments/"+want, r.Method+" "+r.RequestURI)
	}
	before := api.maia.Seen()
	for _, key := range []string{"", "/a", "a/", "a//b", "a/../b", "..", "./a"} {
		_, err := api.client.Attachments.DownloadURL(t.Context(), key)
		requireParam(t, err, agentmsg.OpDownloadURL, "FileKey")
	}
	require.Equal(t, before, api.maia.Seen())
}

// Both steps on the wire; the bytes come as they are, packed ones too.
func TestDownloadOnTheWire(t *testing.T) {
	t.Parallel()
	for content, header := range map[string]string{fileContent: "", gzipped: "Content-Encoding: gzip\r\n", "": "Content-Type: text/plain\r\n"} {
		api := newFileAPI(t, peer.Answers(200, header, content))
		var got strings.Builder
		var last agentmsg.Response
		n, err := api.client.Attachments.Download(t.Context(), "a/b", &got, agentmsg.WithHeader("X-Trace", "7"), agentmsg.WithIdempotencyKey("key"), agentmsg.WithResponse(&last))
		require.NoError(t, err)
		require.EqualValues(t, len(content), n)
		require.True(t, content == got.String())
		require.Equal(t, []any{200, 0, ""}, []any{last.Status, len(last.Body), last.IdempotencyKey}, "of the storage, and no copy of the file")
		first, second := api.maia.Request(0), api.storage.Request(0)
		require.Equal(t, []string{"7", "key", "Bearer " + secretToken}, []string{first.Header.Get("X-Trace"), first.Header.Get("X-Idempotency-Key"), first.Header.Get("Authorization")})
		require.Equal(t, "GET "+presignedTarget, second.Method+" "+second.RequestURI)
		require.Equal(t, http.Header{"Accept-Encoding": {"identity"}}, second.Header)
	}
}

// It is repeated until the writer has got a byte, and no longer.
func TestDownloadTorn(t *testing.T) {
	t.Parallel()
	whole := peer.Answers(200, "", "whole")
	for name, row := range map[string]struct {
		script   []peer.Act
		got      string
		attempts int
	}{
		"before a header": {[]peer.Act{peer.FIN, peer.RST, whole}, "whole", 3}, "before a byte": {[]peer.Act{peer.Torn(200, "", peer.FIN), peer.Torn(200, "", peer.FIN), whole}, "whole", 3}, "slow down": {[]peer.Act{storageSays(503, "SlowDown", ""), whole}, "whole", 2},
		"after a byte": {[]peer.Act{peer.Torn(200, "h", peer.FIN), whole}, "h", 1}, "in the middle": {[]peer.Act{peer.Torn(200, "", peer.FIN), peer.Torn(200, "hal", peer.FIN), whole}, "hal", 2},
	} {
		api, got := newFileAPI(t, row.script...), strings.Builder{}
		n, err := api.client.Attachments.Download(t.Context(), "k", &got)
		require.Equal(t, []any{row.got, int64(len(row.got)), row.attempts}, []any{got.String(), n, api.storage.Seen()}, name)
		if row.got == "whole" {
			require.NoError(t, err)
			continue
		}
		e := as[*agentmsg.TransportError](t, err)
		require.Equal(t, []any{agentmsg.OpDownload, 200, row.attempts, agentmsg.OutcomeAccepted}, []any{e.Op, e.Status, e.Attempts, e.Outcome})
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.False(t, agentmsg.Temporary(err))
	}
}

// An error's body is not the file.
func TestDownloadRefused(t *testing.T) {
	t.Parallel()
	for _, act := range []peer.Act{storageSays(403, "SignatureDoesNotMatch", "no"), storageSays(404, "NoSuchKey", "no"), storageSays(403, "AccessDenied", "Request has expired"), storageSays(503, "RequestExpired", ""), peer.Answers(302, "Location: http://other.test/?sig=s3cr3t\r\n", "")} {
		api, got := newFileAPI(t, act), strings.Builder{}
		n, err := api.client.Attachments.Download(t.Context(), "k", &got)
		e := as[*agentmsg.APIError](t, err)
		require.Equal(t, []any{agentmsg.OpDownload, 1, "", int64(0), 1}, []any{e.Op, e.Attempts, got.String(), n, api.storage.Seen()})
		require.NotContains(t, string(e.Body)+e.Location, secretWord)
	}
}

// limitedWriter takes so much and then fails, or takes less than it got and
// says nothing.
type limitedWriter struct {
	left int
	err  error
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.left -= n
	if n < len(p) {
		return n, w.err
	}
	return n, nil
}

func TestDownloadWriterFails(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		writer io.Writer
		n      int64
		is     error
	}{
		{&limitedWriter{0, errDisk}, 0, errDisk}, {&limitedWriter{100, errDisk}, 100, errDisk}, {&limitedWriter{len(fileContent) - 1, errDisk}, int64(len(fileContent) - 1), errDisk}, {&limitedWriter{7, nil}, 7, io.ErrShortWrite},
	} {
		api := newFileAPI(t, peer.Answers(200, "", fileContent))
		n, err := api.client.Attachments.Download(t.Context(), "k", row.writer)
		require.Equal(t, row.n, n)
		e := as[*agentmsg.TransportError](t, err)
		require.ErrorIs(t, err, row.is)
		require.Equal(t, []any{agentmsg.OpDownload, 200, 1, false}, []any{e.Op, e.Status, e.Attempts, agentmsg.Temporary(err)})
		require.Equal(t, 1, api.storage.Seen(), "it would fail again")
	}
}

func TestDownloadBadParams(t *testing.T) {
	t.Parallel()
	api := newFileAPI(t)
	n, err := api.client.Attachments.Download(t.Context(), "k", nil)
	require.Zero(t, n)
	requireParam(t, err, agentmsg.OpDownload, "w")
	_, err = api.client.Attachments.Download(t.Context(), "", io.Discard)
	requireParam(t, err, agentmsg.OpDownloadURL, "FileKey")
	require.Zero(t, api.maia.Seen())
	for answer, text := range map[string]string{`{"downloadUrl":""}`: "it has no downloadUrl", `{"downloadUrl":"/k?sig=s3cr3t"}`: "its downloadUrl is not an absolute http", `{"downloadUrl":"file:///etc/passwd"}`: "its downloadUrl is not", `{"downloadUrl":"http://s3cr3t@s/"}`: "its downloadUrl has a user"} {
		client := faultClient(t, peer.New(t, peer.Answers(200, "", answer)).URL())
		_, err = client.Attachments.Download(t.Context(), "k", io.Discard)
		require.Equal(t, agentmsg.OpDownloadURL, as[*agentmsg.DecodeError](t, err).Op, "the caller gave no URL: it is not a ParamError")
		require.ErrorContains(t, err, text)
	}
}

// drops gives a byte after each wait.
type drops struct {
	waits []time.Duration
	ctx   interface{ Done() <-chan struct{} }
}

func (d *drops) Read(p []byte) (int, error) {
	if len(d.waits) == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(d.waits[0]):
	case <-d.ctx.Done():
		return 0, errors.New("the connection is closed")
	}
	d.waits = d.waits[1:]
	return copy(p, "x"), nil
}

func (*drops) Close() error { return nil }

// slowWriter takes its time.
type slowWriter struct {
	bytes.Buffer
	wait time.Duration
}

func (w *slowWriter) Write(p []byte) (int, error) { time.Sleep(w.wait); return w.Buffer.Write(p) }

// A download may last as long as it goes on: the time-out is of the server's
// peer.Silence, and the writer's time is its own.
func TestDownloadTimeoutIsOfSilence(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const limit = 30 * time.Second
		for _, row := range []struct {
			waits  []time.Duration
			writer time.Duration
			got    string
			took   time.Duration
			tries  int
		}{
			{[]time.Duration{29 * time.Second, 29 * time.Second, 29 * time.Second}, 0, "xxx", 87 * time.Second, 1}, {[]time.Duration{time.Second, time.Second}, time.Hour, "xx", 2*time.Hour + 2*time.Second, 1},
			{[]time.Duration{29 * time.Second, 31 * time.Second}, 0, "x", 59 * time.Second, 1}, {[]time.Duration{31 * time.Second}, 0, "", 2 * limit, 2},
		} {
			began, tries := time.Now(), 0
			api := tripFunc(func(r *http.Request) (*http.Response, error) {
				if r.URL.Host == "api.test" {
					return memorySays(200, nil, `{"downloadUrl":"http://s.test/k?sig=s3cr3t"}`)(r)
				}
				tries++
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: &drops{row.waits, r.Context()}, ContentLength: -1}, nil
			})
			w := &slowWriter{wait: row.writer}
			n, err := retrying(t, inMemoryOf(), agentmsg.WithHTTPClient(&http.Client{Transport: api})).Attachments.Download(t.Context(), "k", w, agentmsg.WithMaxAttempts(2))
			require.Equal(t, []any{row.got, int64(len(row.got)), row.tries}, []any{w.String(), n, tries})
			require.Equal(t, row.took, time.Since(began).Truncate(time.Second))
			if len(row.got) == len(row.waits) {
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, as[*agentmsg.TransportError](t, err), agentmsg.ErrAttemptTimeout)
		}
	})
}

// The header has the same time.
func TestDownloadTimeoutOfTheHeader(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		began := time.Now()
		client := retrying(t, inMemoryOf(memorySays(200, nil, `{"downloadUrl":"http://s.test/k"}`), memoryHangs))
		_, err := client.Attachments.Download(t.Context(), "k", io.Discard, agentmsg.WithMaxAttempts(1))
		require.ErrorIs(t, err, agentmsg.ErrAttemptTimeout)
		require.Equal(t, agentmsg.OutcomeUnknown, agentmsg.OutcomeOf(err))
		require.Equal(t, 30*time.Second, time.Since(began))
	})
}
