//go:build unix

package mockserver_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// The benchmarks measure the mock beside something bare. Machines are noisy,
// so both run in turn, round by round in one process, and what is reported are
// medians of the rounds' ratios: rate is the mock's requests a second over the
// bare one's, cpu its processor time (user and system) over the bare one's.
//
//	go test -run '^$' -bench . -benchtime 50x ./mockserver

// bare is what a fake costs at least: it decodes, stores in a map and encodes.
type bare struct {
	mu    sync.Mutex
	store map[string]map[string]any
	n     int
}

func newBare() *bare { return &bare{store: map[string]map[string]any{}} }

func (h *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in map[string]any
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	h.n++
	id := strconv.Itoa(h.n)
	h.store[id] = in
	h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(map[string]any{"sessionId": in["sessionId"], "isNewSession": false, "userMessage": map[string]any{
		"id": id, "role": "user", "content": in["content"], "timestamp": 1704067200000,
	}, "message": "Message received. AI response will be delivered via webhook."})
}

// benchBody is a message of 400 bytes in a session.
func benchBody(session string) string {
	const frame = `{"content":"","fromChannelIdentifier":"support","sessionId":"","externalUserId":"customer-123"}`
	body := strings.Replace(frame, `"sessionId":""`, `"sessionId":"`+session+`"`, 1)
	return strings.Replace(body, `"content":""`, `"content":"`+strings.Repeat("x", 400-len(body))+`"`, 1)
}

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

// cost is what a number of requests took.
type cost struct {
	wall, cpu time.Duration
	allocs    uint64
}

func costOf(work func()) cost {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, began := cpuTime(), time.Now()
	work()
	c := cost{wall: time.Since(began), cpu: cpuTime() - cpu}
	runtime.ReadMemStats(&after)
	c.allocs = after.Mallocs - before.Mallocs
	return c
}

// cpuTime is the process's, user and system.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// beside runs both in turn, n requests each a round, and reports the medians.
func beside(b *testing.B, n int, mock, bare func()) {
	b.Helper()
	mock() // what is made once is not measured
	bare()
	var rate, cpu, allocs, bareAllocs []float64
	for first := true; b.Loop(); first = !first { // who goes first leaves the other its garbage
		var x, m cost
		if first {
			x = costOf(bare)
		}
		m = costOf(mock)
		if !first {
			x = costOf(bare)
		}
		rate = append(rate, float64(x.wall)/float64(m.wall))
		cpu = append(cpu, float64(m.cpu)/float64(x.cpu))
		allocs, bareAllocs = append(allocs, float64(m.allocs)/float64(n)), append(bareAllocs, float64(x.allocs)/float64(n))
	}
	b.ReportMetric(0, "ns/op") // of a round of both: it says nothing
	b.ReportMetric(median(rate), "rate")
	b.ReportMetric(median(cpu), "cpu")
	b.ReportMetric(median(allocs), "allocs/request")
	b.ReportMetric(median(bareAllocs), "bare-allocs/request")
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// BenchmarkServer is requests at 64 kept connections, whose client costs next
// to nothing: the mock with journal, strict decoding, credentials and state,
// beside the bare handler. Answering, it also thinks and stores an answer to
// each message, of which the bare one knows nothing.
func BenchmarkServer(b *testing.B) {
	const connections, each = 64, 50
	for _, c := range []struct {
		name string
		opts []mockserver.Option
	}{{"silent", []mockserver.Option{mockserver.WithAI(nil)}}, {"answering", nil}} {
		b.Run(c.name, func(b *testing.B) {
			mock, bare := newHammer(b, newMock(b, c.opts...), connections), newHammer(b, newBare(), connections)
			beside(b, connections*each, func() { mock.hit(b, each) }, func() { bare.hit(b, each) })
		})
	}
}

// hammer is kept connections, each with its request as bytes.
type hammer struct {
	conns    []*bufio.ReadWriter
	requests []string
}

func newHammer(b *testing.B, h http.Handler, connections int) *hammer {
	b.Helper()
	server := httptest.NewServer(h)
	b.Cleanup(server.Close)
	address := server.Listener.Addr().String()
	x := &hammer{}
	for i := range connections {
		conn, err := net.Dial("tcp", address)
		require.NoError(b, err)
		b.Cleanup(func() { _ = conn.Close() })
		x.conns = append(x.conns, bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn)))
		body := benchBody("session-" + strconv.Itoa(i))
		x.requests = append(x.requests, fmt.Sprintf("POST /messages HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept-Encoding: gzip\r\n"+
			"Content-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", address, mockserver.DefaultMAIAToken, len(body), body))
	}
	return x
}

// hit sends n requests on each connection, one after another.
func (x *hammer) hit(b *testing.B, n int) {
	var done sync.WaitGroup
	for i, conn := range x.conns {
		done.Go(func() {
			for range n {
				_, _ = conn.WriteString(x.requests[i])
				_ = conn.Flush()
				if err := readAnswer(conn.Reader); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	done.Wait()
}

func readAnswer(r *bufio.Reader) error {
	status, err := r.ReadSlice('\n')
	if err != nil || !strings.Contains(string(status), " 202 ") {
		return fmt.Errorf("%q %w", status, err)
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		switch text, is := strings.CutPrefix(string(line), "Content-Length: "); {
		case err != nil:
			return err
		case is:
			if length, err = strconv.Atoi(strings.TrimSpace(text)); err != nil {
				return err
			}
		case len(line) == 2:
			_, err := r.Discard(length)
			return err
		}
	}
}

// BenchmarkMemory is a call in memory, beside one to the bare handler behind
// the same kind of pipe.
func BenchmarkMemory(b *testing.B) {
	const n = 1000
	pipe, closes := mockserver.NewPipe(newBare())
	defer closes()
	mock := silent(b)
	beside(b, n, func() { calls(b, mock.Transport(), n) }, func() { calls(b, pipe, n) })
}

func calls(b *testing.B, by http.RoundTripper, n int) {
	client, body := &http.Client{Transport: by}, benchBody("s1")
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
	mock, bare := silent(b), newBare()
	beside(b, n, func() { posts(b, mock, n, 1) }, func() { posts(b, bare, n, 1) })
}

// posts gives a handler n messages, in so many sessions.
func posts(tb testing.TB, h http.Handler, n, sessions int) {
	tb.Helper()
	for i := range n {
		body := benchBody("s" + strconv.Itoa(i%sessions))
		serve(tb, h, http.MethodPost, "/messages", body, http.StatusAccepted)
	}
}

// serve is an exchange with nothing around it, so that what is measured is the
// handler.
func serve(tb testing.TB, h http.Handler, method, path, body string, status int) {
	tb.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+mockserver.DefaultMAIAToken)
	w := &discard{header: http.Header{}}
	h.ServeHTTP(w, r)
	if w.status != status {
		tb.Fatalf("%s %s: %d", method, path, w.status)
	}
}

type discard struct {
	header http.Header
	status int
}

func (w *discard) Header() http.Header         { return w.header }
func (w *discard) Write(b []byte) (int, error) { return len(b), nil }
func (w *discard) WriteHeader(status int)      { w.status = status }

// BenchmarkGrown is a message to a server with 100,000 sessions, and an upload
// to one with 100,000 files, beside one with 100 of each.
func BenchmarkGrown(b *testing.B) {
	const n, few, many = 2000, 100, 100_000
	small, big := silent(b), silent(b)
	upload := func(s *mockserver.Server, n int) {
		for range n {
			serve(b, s, http.MethodPost, "/messages/upload", `{"fileName":"photo.jpg","contentType":"image/jpeg","size":1024}`, http.StatusOK)
		}
	}
	for s, size := range map[*mockserver.Server]int{small: few, big: many} {
		posts(b, s, size, size)
		upload(s, size)
	}
	b.Run("sessions", func(b *testing.B) {
		beside(b, n, func() { posts(b, big, n, many) }, func() { posts(b, small, n, few) })
	})
	b.Run("files", func(b *testing.B) {
		beside(b, n, func() { upload(big, n) }, func() { upload(small, n) })
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
		beside(b, n, func() {
			for range n {
				s, err := mockserver.New()
				require.NoError(b, err)
				s.Close()
			}
		}, plain)
	})
	b.Run("URL", func(b *testing.B) {
		beside(b, n, func() {
			for range n {
				tb := &fakeTB{}
				tb.run(func() { mockserver.Start(tb).URL() })
			}
		}, plain)
	})
}
