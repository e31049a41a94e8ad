package agentmsg_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/stretchr/testify/require"
)

var floodSize = flag.Int("flood", 200, "how many slow connections TestFlood opens")

// perConnection is what one slow sender may hold of the heap, our end of it in
// this process included: 4 KiB each for net/http's reader and writer, 4 KiB for
// the body so far, and what goes with a request. It announces 1 MiB.
const perConnection = 32 << 10

// Many connections that announce much and send little leave the heap bounded,
// and a good delivery is answered as ever. It measures the whole process, so
// it does not run beside others.
func TestFlood(t *testing.T) {
	w := watch(t)
	var reading sync.WaitGroup
	reading.Add(*floodSize)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 1<<20 {
			reached := sync.OnceFunc(reading.Done)
			defer reached() // were it refused before
			r.Body = &secondRead{ReadCloser: r.Body, reached: reached}
		}
		w.ServeHTTP(rw, r)
	}))
	defer server.Close()
	before := heap()
	conns := make([]net.Conn, *floodSize)
	for i := range conns {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		conns[i] = conn
		_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nX-Maia-Signature: 00\r\nContent-Length: 1048576\r\n\r\n{")
		require.NoError(t, err)
	}
	reading.Wait() // all are in the middle of their body
	for _, conn := range conns {
		_, err := io.WriteString(conn, "1")
		require.NoError(t, err)
	}
	held := heap()
	each := (int64(held.HeapInuse) - int64(before.HeapInuse)) / int64(*floodSize)
	t.Logf("%d connections hold %d bytes of heap and %d of stacks each", *floodSize, each, (int64(held.StackInuse)-int64(before.StackInuse))/int64(*floodSize))
	require.Less(t, each, int64(perConnection))

	began := time.Now()
	requireAnswer(t, sent(t, server, posted("/", refusedBody, delivery(refusedBody).Header)), 200, "")
	require.Less(t, time.Since(began), time.Second)
	require.Equal(t, uint64(1), w.Stats().Handled)
	for _, conn := range conns {
		_ = conn.Close()
	}
	require.NoError(t, w.Shutdown(t.Context()))
	require.Equal(t, agentmsg.WebhookStats{Handled: 1, Refused: uint64(*floodSize)}, w.Stats())
}

// An event that is kept, as one in a queue is, keeps about its bytes twice,
// raw and read: not the room that was set aside for a body of unknown length.
func TestEventKeepsItsBytesAlone(t *testing.T) {
	const size = 70 << 10 // of 256 KiB by then
	release := make(chan struct{})
	w := watch(t, agentmsg.WithWebhookQueue(64, 1))
	w.run = func(context.Context, agentmsg.Event) error { <-release; return nil }
	before := heap()
	for i := range 64 {
		body := fmt.Sprintf(`{"messageId":"%d","response":"%s"}`, i, strings.Repeat("x", size))
		requireAnswer(t, w.receive(unread(strings.NewReader(body), -1, signature.Sign(webhookSecret, []byte(body)))), 200, "")
	}
	each := (heap().HeapAlloc - before.HeapAlloc) / 64
	t.Logf("%d bytes each", each)
	close(release)
	require.NoError(t, w.Shutdown(t.Context()))
	require.Less(t, each, uint64(3*size))
}

// secondRead tells when its reader comes for more.
type secondRead struct {
	io.ReadCloser
	reads   atomic.Int64
	reached func()
}

func (s *secondRead) Read(p []byte) (int, error) {
	if s.reads.Add(1) == 2 {
		s.reached()
	}
	return s.ReadCloser.Read(p)
}

func heap() runtime.MemStats {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// endless is a body of so many bytes, none of which exists before it is read.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = '['
	}
	e.left -= n
	return n, nil
}

const huge = 64 << 20

// 64 MiB that nobody signed cost under 2 MiB, all allocations counted.
func TestHugeBodyAllocatesLittle(t *testing.T) {
	w := watch(t)
	body := &endless{left: huge}
	r := unread(body, -1, strings.Repeat("0", 64))
	before := heap()
	answer := w.receive(r)
	after := heap()
	requireAnswer(t, answer, 413, "too_large")
	t.Logf("by hand: %d bytes allocated", after.TotalAlloc-before.TotalAlloc)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2<<20))
	require.GreaterOrEqual(t, body.left, huge-(1<<20+1))
	w.requireUnreached(t)
}

// The same from a server: what net/http does for the connection is counted
// too, and so is the sender.
func TestHugeBodyFromTheNetwork(t *testing.T) {
	w := watch(t)
	r := dialRaw(t, w)
	chunk := []byte(fmt.Sprintf("%x\r\n%s\r\n", 32<<10, strings.Repeat("[", 32<<10)))
	before := heap()
	r.say("%s%s\nTransfer-Encoding: chunked\n\n", signedHead, strings.Repeat("0", 64))
	sent := make(chan int, 1)
	go func() {
		n := 0
		for n < huge {
			if _, err := r.Conn.Write(chunk); err != nil {
				break // the server has hung up
			}
			n += 32 << 10
		}
		sent <- n
	}()
	answer := r.answer()
	after := heap()
	requireClosing(t, answer, 413, "too_large")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2<<20))
	_, err := io.Copy(io.Discard, r.from)
	require.True(t, err == nil || errors.As(err, new(*net.OpError)), err)
	_ = r.Conn.Close()
	require.Less(t, <-sent, huge)
	w.requireUnreached(t)
	require.Equal(t, agentmsg.WebhookStats{Refused: 1}, w.Stats())
}
