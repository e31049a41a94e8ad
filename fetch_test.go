package agentmsg_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

const opFetch agentmsg.Op = "DownloadEventAttachment"

// fetch downloads into a string, from loopback too.
func fetch(t *testing.T, url string, opts ...agentmsg.FetchOption) (string, error) {
	t.Helper()
	var got strings.Builder
	n, err := agentmsg.DownloadEventAttachment(t.Context(), agentmsg.EventAttachment{URL: agentmsg.Secret(url)}, &got, append([]agentmsg.FetchOption{agentmsg.FetchAllowPrivate()}, opts...)...)
	require.EqualValues(t, got.Len(), n, "what it says, and what was written")
	return got.String(), err
}

// What goes out is a GET of the URL as it is, and nothing of ours or of an
// answer before; what comes in is not unpacked.
func TestFetchOnTheWire(t *testing.T) {
	t.Parallel()
	s := peer.New(t,
		peer.Answers(200, "Set-Cookie: id=7; Path=/\r\n", fileContent), peer.Answers(200, "Content-Encoding: gzip\r\n", gzipped), peer.Answers(200, "", ""), peer.Answers(206, "", "part"))
	for _, content := range []string{fileContent, gzipped, "", "part"} {
		got, err := fetch(t, s.URL()+presignedTarget+"#there")
		require.NoError(t, err)
		require.True(t, content == got)
		r := s.Request(s.Seen() - 1)
		require.Equal(t, "GET "+presignedTarget, r.Method+" "+r.RequestURI)
		require.Equal(t, http.Header{"Accept-Encoding": {"identity"}, "Connection": {"close"}}, r.Header)
		require.Equal(t, s.Address(), r.Host)
	}
}

// The connection is nobody else's, and asks no proxy.
func TestFetchTransportOfItsOwn(t *testing.T) {
	t.Parallel()
	own := agentmsg.FetchRoundTripper()
	require.Nil(t, own.Proxy)
	require.Equal(t, []bool{true, true, false}, []bool{own.DisableKeepAlives, own.DisableCompression, own.ForceAttemptHTTP2})
	require.Equal(t, []any{int64(256 << 10), 10 * time.Second}, []any{own.MaxResponseHeaderBytes, own.TLSHandshakeTimeout})
	require.NotSame(t, own, agentmsg.FetchRoundTripper())
}

func TestFetchBound(t *testing.T) {
	t.Parallel()
	chunks := func(c net.Conn, _ *http.Request) bool {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n6\r\nefghij\r\n0\r\n\r\n")
		return true
	}
	untilClosed := peer.Unmeasured(200, "abcdefghij")
	for name, row := range map[string]struct {
		act   peer.Act
		bound int64
		got   string
	}{
		"declared, exact": {peer.Answers(200, "", "abcdefghij"), 10, "abcdefghij"}, "declared, over": {peer.Answers(200, "", "abcdefghij"), 9, ""}, "only declared": {peer.Torn(200, "", peer.Silence), 99, ""},
		"chunked, exact": {chunks, 10, "abcdefghij"}, "chunked, over": {chunks, 9, "abcdefghi"}, "over between two chunks": {chunks, 4, "abcd"}, "over in the first": {chunks, 1, "a"},
		"to the end, exact": {untilClosed, 10, "abcdefghij"}, "to the end, over": {untilClosed, 9, "abcdefghi"}, "flood": {peer.Flood(200, 64<<20), 100_000, strings.Repeat(" ", 100_000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := fetch(t, peer.New(t, row.act).URL()+presignedTarget, agentmsg.FetchMaxBytes(1), agentmsg.FetchMaxBytes(row.bound))
			require.True(t, row.got == got, "%d bytes", len(got))
			if strings.Contains(name, "exact") {
				require.NoError(t, err)
				return
			}
			e := as[*agentmsg.TransportError](t, err)
			require.ErrorIs(t, err, agentmsg.ErrTooLarge)
			require.ErrorContains(t, err, fmt.Sprintf("over %d bytes", row.bound))
			require.Equal(t, []any{opFetch, 200, 1, agentmsg.OutcomeAccepted, false}, []any{e.Op, e.Status, e.Attempts, e.Outcome, agentmsg.Temporary(err)})
		})
	}
}

// Without options a file may have 100 MB, and not a byte more.
func TestFetchBoundByDefault(t *testing.T) {
	t.Parallel()
	const most = 100 << 20
	for _, size := range []int64{most, most + 1} {
		over := tripFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(&noise{int(size)}), ContentLength: -1}, nil
		})
		n, err := agentmsg.DownloadEventAttachment(t.Context(), agentmsg.EventAttachment{URL: "https://s.test/k", Size: 1}, takesBytes{}, agentmsg.FetchTransport(over))
		require.EqualValues(t, most, n)
		require.Equal(t, size > most, errors.Is(err, agentmsg.ErrTooLarge), "%v", err)
		require.Equal(t, size > most, err != nil)
	}
}

// takesBytes takes any, and will not be called for none.
type takesBytes struct{}

func (takesBytes) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, errDisk
	}
	return len(p), nil
}

// An answer that is no success is not the file. Its target is not asked, and
// what a storage repeats of the request is in nothing.
func TestFetchRefused(t *testing.T) {
	t.Parallel()
	other := peer.New(t)
	for _, row := range []struct {
		act      peer.Act
		status   int
		code     agentmsg.Code
		outcome  agentmsg.Outcome
		location string
	}{
		{peer.Answers(301, "Location: "+other.URL()+"/latest/meta-data?sig=s3cr3t\r\n", ""), 301, agentmsg.ErrRedirect, agentmsg.OutcomeRejected, other.URL() + "/latest/meta-data"},
		{peer.Answers(302, "Location: http://169.254.169.254/latest/meta-data?sig=s3cr3t\r\n", ""), 302, agentmsg.ErrRedirect, agentmsg.OutcomeRejected, "http://169.254.169.254/latest/meta-data"},
		{peer.Answers(303, "Location: //user:s3cr3t@other.test/#s3cr3t\r\n", ""), 303, agentmsg.ErrRedirect, agentmsg.OutcomeUnknown, "//other.test/"},
		{peer.Answers(307, "Location: "+other.URL()+"\r\n", ""), 307, agentmsg.ErrRedirect, agentmsg.OutcomeRejected, other.URL()},
		{peer.Answers(308, "", ""), 308, agentmsg.ErrRedirect, agentmsg.OutcomeRejected, ""},
		{storageSays(403, "AccessDenied", "Request has expired"), 403, agentmsg.ErrForbidden, agentmsg.OutcomeRejected, ""},
		{storageSays(403, "SignatureDoesNotMatch", "not s3cr3t/us"), 403, agentmsg.ErrForbidden, agentmsg.OutcomeRejected, ""},
		{storageSays(404, "NoSuchKey", ""), 404, agentmsg.ErrNotFound, agentmsg.OutcomeRejected, ""},
		{storageSays(503, "SlowDown", ""), 503, agentmsg.ErrServer, agentmsg.OutcomeUnknown, ""},
		{peer.Answers(429, "Retry-After: 7\r\n", ""), 429, agentmsg.ErrRateLimited, agentmsg.OutcomeRejected, ""},
	} {
		s := peer.New(t, row.act)
		got, err := fetch(t, s.URL()+presignedTarget)
		e := as[*agentmsg.APIError](t, err)
		require.Equal(t, []any{"", opFetch, agentmsg.MAIA, row.status, row.code, 1, row.outcome, row.location}, []any{got, e.Op, e.API, e.Status, e.Code, e.Attempts, e.Outcome, e.Location})
		require.NotContains(t, e.Reason+e.Message+string(e.Body)+e.Location+e.RequestID, secretWord)
		require.NotContains(t, string(e.Body), "top-string")
		require.Equal(t, 1, s.Seen(), "one attempt")
		require.Equal(t, row.status == 429, agentmsg.Temporary(err))
	}
	require.Zero(t, other.Seen())
}

// A connection that the next call could use is not kept.
func TestFetchKeepsNoConnection(t *testing.T) {
	t.Parallel()
	conns := make(chan int, 3)
	s := peer.Greeted(t, func(nth int, _ net.Conn) bool { conns <- nth; return true })
	for range 3 {
		_, err := fetch(t, s.URL())
		require.NoError(t, err)
	}
	require.Len(t, conns, 3)
}

func TestFetchBadParams(t *testing.T) {
	t.Parallel()
	none := tripFunc(func(r *http.Request) (*http.Response, error) {
		t.Error("sent")
		return memorySays(200, nil, "")(r)
	})
	for _, url := range []agentmsg.Secret{
		"", "k?sig=s3cr3t", "/k?sig=s3cr3t", "//s.test/k?sig=s3cr3t", "ftp://s.test/k?sig=s3cr3t", "file:///etc/passwd?s3cr3t", "gopher://s.test/?s3cr3t", "data:,s3cr3t", "http:s.test/s3cr3t",
		"http://", "http:///k?sig=s3cr3t", "http://:80/s3cr3t", "http://u:s3cr3t@s.test/k", "http://s3cr3t@s.test", "http://s.test/a b?s3cr3t", "http://s.test/%zz?s3cr3t", "http://s.test:port/s3cr3t", "http://[::1/s3cr3t", "http://s.test/\ns3cr3t",
	} {
		n, err := agentmsg.DownloadEventAttachment(t.Context(), agentmsg.EventAttachment{URL: url}, io.Discard, agentmsg.FetchTransport(none))
		require.Zero(t, n)
		requireParam(t, err, opFetch, "URL")
		require.ErrorContains(t, err, "give the attachment as the event brought it")
	}
	good := agentmsg.EventAttachment{URL: "https://s.test/k"}
	for param, opts := range map[string][]agentmsg.FetchOption{
		"FetchMaxBytes": {agentmsg.FetchMaxBytes(0)}, "FetchTimeout": {agentmsg.FetchTimeout(0)}, "FetchTransport": {agentmsg.FetchTransport(nil)}, "a FetchOption": {nil},
	} {
		_, err := agentmsg.DownloadEventAttachment(t.Context(), good, io.Discard, append(opts, agentmsg.FetchTransport(none))...)
		requireParam(t, err, opFetch, param)
	}
	for param, opt := range map[string]agentmsg.FetchOption{"FetchMaxBytes": agentmsg.FetchMaxBytes(-1), "FetchTimeout": agentmsg.FetchTimeout(-1)} {
		_, err := agentmsg.DownloadEventAttachment(t.Context(), good, io.Discard, opt)
		requireParam(t, err, opFetch, param)
	}
	_, err := agentmsg.DownloadEventAttachment(t.Context(), good, nil, agentmsg.FetchTransport(none))
	requireParam(t, err, opFetch, "w")
	_, err = agentmsg.DownloadEventAttachment(nil, good, io.Discard, agentmsg.FetchTransport(none)) //nolint:staticcheck // what a mistake does
	requireParam(t, err, opFetch, "ctx")
}
