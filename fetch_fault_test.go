package agentmsg_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// What breaks off is one attempt, and what came is counted.
func TestFetchTorn(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		act    peer.Act
		got    string
		status int
		is     error
	}{
		"no header": {peer.FIN, "", 0, io.EOF}, "half a header": {func(c net.Conn, _ *http.Request) bool {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX: y\r\n")
			return false
		}, "", 0, io.ErrUnexpectedEOF},
		"no body": {peer.Torn(200, "", peer.FIN), "", 200, io.ErrUnexpectedEOF}, "half a body": {peer.Torn(200, "hal", peer.FIN), "hal", 200, io.ErrUnexpectedEOF}, "a huge header": {peer.Answers(200, "X-Big: "+strings.Repeat("x", 300<<10)+"\r\n", ""), "", 0, agentmsg.ErrResponseTooLarge},
	} {
		s := peer.New(t, row.act)
		got, err := fetch(t, s.URL()+presignedTarget)
		e := as[*agentmsg.TransportError](t, err)
		require.ErrorIs(t, err, row.is, name)
		outcome := agentmsg.OutcomeUnknown
		if row.status == 200 {
			outcome = agentmsg.OutcomeAccepted
		}
		require.Equal(t, []any{row.got, opFetch, row.status, 1, outcome, 1, false}, []any{got, e.Op, e.Status, e.Attempts, e.Outcome, s.Seen(), agentmsg.Temporary(err)}, name)
		require.Contains(t, err.Error(), "DownloadEventAttachment: GET presigned URL: ")
	}
}

// The time is for all of it: bytes that come do not make it longer.
func TestFetchTimeout(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		act    peer.Act
		status int
	}{"trickle": {peer.Trickle, 200}, "silence": {peer.Silence, 0}, "a torso": {peer.Torn(200, "x", peer.Silence), 200}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fetch(t, peer.New(t, row.act).URL()+presignedTarget, agentmsg.FetchTimeout(80*time.Millisecond))
			e := as[*agentmsg.TransportError](t, err)
			require.ErrorIs(t, err, agentmsg.ErrAttemptTimeout)
			require.NotErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, []any{row.status, false}, []any{e.Status, agentmsg.Temporary(err)})
		})
	}
}

func TestFetchTimeoutToTheSecond(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const every = 1100 * time.Millisecond // never at the second at which the time is over
		for _, row := range []struct {
			limit, writer time.Duration
			bytes, got    int
		}{{0, 0, 90, 54}, {0, 0, 54, 54}, {10 * time.Second, 0, 90, 9}, {10 * time.Second, 4 * time.Second, 90, 2}, {10 * time.Second, time.Hour, 90, 1}, {time.Hour, 0, 90, 90}} {
			server := tripFunc(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: &drops{slices.Repeat([]time.Duration{every}, row.bytes), r.Context()}, ContentLength: -1}, nil
			})
			opts := []agentmsg.FetchOption{agentmsg.FetchTransport(server)}
			if row.limit > 0 {
				opts = append(opts, agentmsg.FetchTimeout(row.limit))
			}
			w, began := &slowWriter{wait: row.writer}, time.Now()
			n, err := agentmsg.DownloadEventAttachment(t.Context(), agentmsg.EventAttachment{URL: "http://s.test/k"}, w, opts...)
			require.Equal(t, []any{int64(row.got), row.got}, []any{n, w.Len()}, "%+v", row)
			if row.got == row.bytes {
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, agentmsg.ErrAttemptTimeout)
			limit := cmp.Or(row.limit, time.Minute)
			require.Equal(t, max(limit, time.Duration(row.got)*(every+row.writer)), time.Since(began), "%+v", row)
		}
	})
}

// The caller's own end stays what it is.
func TestFetchContext(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, row := range []struct {
			server http.RoundTripper
			status int
		}{{tripFunc(memoryHangs), 0}, {tripFunc(memoryDrips), 200}} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := agentmsg.DownloadEventAttachment(ctx, agentmsg.EventAttachment{URL: "http://s.test/k"}, io.Discard, agentmsg.FetchTransport(row.server))
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NotErrorIs(t, err, agentmsg.ErrAttemptTimeout)
			require.Equal(t, row.status, as[*agentmsg.TransportError](t, err).Status)
			require.False(t, agentmsg.Temporary(err))
		}
	})
}

// cancels ends the context at its first byte.
type cancels struct{ context.CancelFunc }

func (w cancels) Write(p []byte) (int, error) { w.CancelFunc(); return len(p), nil }

func TestFetchCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := peer.New(t, peer.Torn(200, "x", peer.Silence))
	file := agentmsg.EventAttachment{URL: agentmsg.Secret(s.URL() + presignedTarget)}
	n, err := agentmsg.DownloadEventAttachment(ctx, file, cancels{cancel}, agentmsg.FetchAllowPrivate())
	require.EqualValues(t, 1, n)
	require.ErrorIs(t, as[*agentmsg.TransportError](t, err), context.Canceled)
	require.False(t, agentmsg.Temporary(err))
	_, err = agentmsg.DownloadEventAttachment(ctx, file, io.Discard, agentmsg.FetchAllowPrivate())
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, agentmsg.OutcomeNotSent, as[*agentmsg.TransportError](t, err).Outcome)
	require.Equal(t, 1, s.Seen(), "the second sent nothing")
}

func TestFetchWriterFails(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		writer io.Writer
		n      int64
		is     error
	}{
		{&limitedWriter{0, errDisk}, 0, errDisk}, {&limitedWriter{len(fileContent) - 1, errDisk}, int64(len(fileContent) - 1), errDisk}, {&limitedWriter{7, nil}, 7, io.ErrShortWrite},
	} {
		s := peer.New(t, peer.Answers(200, "", fileContent))
		n, err := agentmsg.DownloadEventAttachment(t.Context(), agentmsg.EventAttachment{URL: agentmsg.Secret(s.URL())}, row.writer, agentmsg.FetchAllowPrivate(), agentmsg.FetchMaxBytes(int64(len(fileContent))))
		require.Equal(t, row.n, n)
		e := as[*agentmsg.TransportError](t, err)
		require.ErrorIs(t, err, row.is)
		require.NotErrorIs(t, err, agentmsg.ErrTooLarge)
		require.Equal(t, []any{opFetch, 200, 1, false}, []any{e.Op, e.Status, e.Attempts, agentmsg.Temporary(err)})
	}
}

// Whoever repeats what is presigned, and however: it is in no text.
func TestFetchLeaksNothing(t *testing.T) {
	t.Parallel()
	for name, trip := range map[string]tripFunc{
		"the URL in an error": func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("seen: %s", r.URL) },
		"a value in an error": memoryFails(errors.New("seen: s3cr3t/us")),
		"the target in a page": func(r *http.Request) (*http.Response, error) {
			return memorySays(400, nil, "seen: "+r.URL.RequestURI())(r)
		},
		"in XML":      memorySays(403, nil, "<Error><Code>s3cr3t</Code><Message>seen: s3cr3t/us</Message><StringToSign>s3cr3t</StringToSign></Error>"),
		"in a header": memorySays(302, http.Header{"Location": {"/seen: /s3cr3t?sig=s3cr3t"}, "X-Request-Id": {secretWord}}, "seen: it"),
		"in a reader": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader("x"), failingReader("seen: "+presignedTarget))), ContentLength: -1}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fetch(t, "http://s.test"+presignedTarget, agentmsg.FetchTransport(trip))
			require.ErrorContains(t, err, "seen: ")
			requireNoSecret(t, err)
			var log bytes.Buffer
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "err", err)
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "err", err)
			require.Contains(t, log.String(), "seen: ")
			require.NotContains(t, log.String(), secretWord)
			if refused, ok := errors.AsType[*agentmsg.APIError](err); ok {
				require.NotContains(t, refused.Reason+refused.Message+string(refused.Body)+refused.Location+refused.RequestID, secretWord)
			}
		})
	}
}

type failingReader string

func (r failingReader) Read([]byte) (int, error) { return 0, errors.New(string(r)) }

// Calls share nothing.
func TestFetchSideBySide(t *testing.T) {
	t.Parallel()
	s := peer.New(t, slices.Repeat([]peer.Act{func(c net.Conn, r *http.Request) bool { return peer.Answers(200, "", r.URL.Path)(c, r) }}, 100)...)
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			path := fmt.Sprintf("/%d", i)
			var got strings.Builder
			_, err := agentmsg.DownloadEventAttachment(t.Context(), agentmsg.EventAttachment{URL: agentmsg.Secret(s.URL() + path)}, &got, agentmsg.FetchAllowPrivate(), agentmsg.FetchMaxBytes(int64(len(path))))
			if err != nil || got.String() != path {
				t.Errorf("%s: %q, %v", path, &got, err)
			}
		})
	}
	all.Wait()
}
