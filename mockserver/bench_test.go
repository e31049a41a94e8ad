//go:build unix

package mockserver_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/agentmsg/agentmsg/internal/ratio"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// The benchmarks measure the mock beside something bare, see package ratio.
//
//	go test -run '^$' -bench . -benchtime 50x ./mockserver

func newMock(tb testing.TB, opts ...mockserver.Option) *mockserver.Server {
	tb.Helper()
	mock, err := mockserver.New(opts...)
	require.NoError(tb, err)
	tb.Cleanup(mock.Close)
	return mock
}

// silent is a mock whose AI says nothing, so that a request is all there is.
func silent(tb testing.TB) *mockserver.Server {
	tb.Helper()
	return newMock(tb, mockserver.WithAI(nil))
}

// BenchmarkServer is requests at 64 kept connections, whose client costs next
// to nothing: the mock with journal, strict decoding, credentials and state,
// beside the bare handler. Answering, it also thinks and stores an answer to
// each message, of which the bare one knows nothing.
func BenchmarkServer(b *testing.B) {
	const connections, each = 64, 50
	request := messages(connections)
	for _, c := range []struct {
		name string
		opts []mockserver.Option
	}{{"silent", []mockserver.Option{mockserver.WithAI(nil)}}, {"answering", nil}} {
		b.Run(c.name, func(b *testing.B) {
			mock := ratio.NewHammer(b, newMock(b, c.opts...), connections, http.StatusAccepted)
			floor := ratio.NewHammer(b, bare.NewServer(), connections, http.StatusAccepted)
			ratio.Beside(b, connections*each, func() { mock.Hit(b, each, request) }, func() { floor.Hit(b, each, request) })
		})
	}
}

// messages are the connections' requests, each with a session of its own.
func messages(connections int) func(connection, i int) string {
	requests := make([]string, connections)
	for i := range requests {
		body := bare.Message("session-" + strconv.Itoa(i))
		requests[i] = fmt.Sprintf("POST /messages HTTP/1.1\r\nHost: mock.test\r\nUser-Agent: bench\r\nAccept-Encoding: gzip\r\n"+
			"Content-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", mockserver.DefaultMAIAToken, len(body), body)
	}
	return func(connection, _ int) string { return requests[connection] }
}

// BenchmarkMemory is a call in memory, beside one to the bare handler behind
// the same kind of pipe.
func BenchmarkMemory(b *testing.B) {
	const n = 1000
	pipe, closes := mockserver.NewPipe(bare.NewServer())
	defer closes()
	mock := silent(b)
	ratio.Beside(b, n, func() { calls(b, mock.Transport(), n) }, func() { calls(b, pipe, n) })
}

func calls(b *testing.B, by http.RoundTripper, n int) {
	client, body := &http.Client{Transport: by}, bare.Message("s1")
	for range n {
		r, err := http.NewRequest(http.MethodPost, "http://mock.test/messages", strings.NewReader(body))
		require.NoError(b, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+mockserver.DefaultMAIAToken)
		answer, err := client.Do(r)
		require.NoError(b, err)
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		require.Equal(b, http.StatusAccepted, answer.StatusCode)
	}
}

// BenchmarkHandler is the handlers alone, on one goroutine: the steadiest of
// these figures, and the allocations that .ci/run holds.
func BenchmarkHandler(b *testing.B) {
	const n = 2000
	mock, floor := silent(b), bare.NewServer()
	ratio.Beside(b, n, func() { posts(b, mock, n, 1) }, func() { posts(b, floor, n, 1) })
}

// posts gives a handler n messages, in so many sessions.
func posts(tb testing.TB, h http.Handler, n, sessions int) {
	tb.Helper()
	for i := range n {
		serve(tb, h, "/messages", bare.Message("s"+strconv.Itoa(i%sessions)), http.StatusAccepted)
	}
}

func serve(tb testing.TB, h http.Handler, path, body string, want int) {
	tb.Helper()
	if status := bare.ServeJSON(h, path, mockserver.DefaultMAIAToken, body); status != want {
		tb.Fatalf("%s: %d", path, status)
	}
}

// BenchmarkGrown is a message to a server with 100,000 sessions, and an upload
// to one with 100,000 files, beside one with 100 of each.
func BenchmarkGrown(b *testing.B) {
	const n, few, many = 2000, 100, 100_000
	small, big := silent(b), silent(b)
	upload := func(s *mockserver.Server, n int) {
		for range n {
			serve(b, s, "/messages/upload", `{"fileName":"photo.jpg","contentType":"image/jpeg","size":1024}`, http.StatusOK)
		}
	}
	for s, size := range map[*mockserver.Server]int{small: few, big: many} {
		posts(b, s, size, size)
		upload(s, size)
	}
	b.Run("sessions", func(b *testing.B) {
		ratio.Beside(b, n, func() { posts(b, big, n, many) }, func() { posts(b, small, n, few) })
	})
	b.Run("files", func(b *testing.B) {
		ratio.Beside(b, n, func() { upload(big, n) }, func() { upload(small, n) })
	})
}

// BenchmarkLife is servers from beginning to end, beside httptest's: made in
// memory, and with a URL.
func BenchmarkLife(b *testing.B) {
	const n = 200
	plain := func() {
		for range n {
			httptest.NewServer(http.NotFoundHandler()).Close()
		}
	}
	b.Run("New", func(b *testing.B) {
		ratio.Beside(b, n, func() {
			for range n {
				s, err := mockserver.New()
				require.NoError(b, err)
				s.Close()
			}
		}, plain)
	})
	b.Run("URL", func(b *testing.B) {
		ratio.Beside(b, n, func() {
			for range n {
				tb := &fakeTB{}
				tb.run(func() { mockserver.Start(tb).URL() })
			}
		}, plain)
	})
}
