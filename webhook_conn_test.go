package agentmsg_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pipeServer is an http.Server whose connections are net.Pipe's: it works in a
// bubble, and a test sees each byte.
type pipeServer struct {
	server http.Server
	conns  chan net.Conn
	done   chan struct{}
	close  func() error
	open   sync.WaitGroup // connections
}

// newPipeServer serves h until the test ends. set changes the server before.
func newPipeServer(t *testing.T, h http.Handler, set func(*http.Server)) *pipeServer {
	t.Helper()
	w := &pipeServer{conns: make(chan net.Conn), done: make(chan struct{})}
	w.close = sync.OnceValue(func() error { close(w.done); return nil })
	w.server.Handler = h
	w.server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			w.open.Add(1)
		case http.StateClosed:
			w.open.Done()
		}
	}
	if set != nil {
		set(&w.server)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = w.server.Serve(w)
	}()
	t.Cleanup(func() {
		_ = w.server.Close()
		<-served
		w.open.Wait() // Close does not
	})
	return w
}

func (w *pipeServer) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}
func (w *pipeServer) Close() error   { return w.close() }
func (w *pipeServer) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// dial opens a connection.
func (w *pipeServer) dial(t *testing.T) raw {
	t.Helper()
	server, client := net.Pipe()
	w.conns <- server
	return rawOver(t, client)
}

// raw is a connection on which a test writes its own bytes.
type raw struct {
	net.Conn
	t    *testing.T
	from *bufio.Reader
}

func rawOver(t *testing.T, conn net.Conn) raw {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	return raw{conn, t, bufio.NewReader(conn)}
}

// dialRaw connects to a server of the handler's own.
func dialRaw(t *testing.T, h http.Handler) raw {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	return rawOver(t, conn)
}

func (r raw) write(text string) {
	r.t.Helper()
	_, err := io.WriteString(r.Conn, text)
	require.NoError(r.t, err)
}

// say writes lines, each with the end that HTTP wants.
func (r raw) say(format string, args ...any) {
	r.t.Helper()
	r.write(strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\r\n"))
}

// line is the next line of what the server says.
func (r raw) line() string {
	r.t.Helper()
	line, err := r.from.ReadString('\n')
	require.NoError(r.t, err)
	return strings.TrimSpace(line)
}

// status is the next answer's.
func (r raw) status() int {
	r.t.Helper()
	return r.answer().status
}

// answer reads one.
func (r raw) answer() heard {
	r.t.Helper()
	answer, err := http.ReadResponse(r.from, nil)
	require.NoError(r.t, err)
	defer func() { _ = answer.Body.Close() }()
	return hear(r.t, answer)
}

// requireClosed holds that the server says no more, and has hung up.
func (r raw) requireClosed() {
	r.t.Helper()
	_, err := r.from.ReadByte()
	require.Error(r.t, err)
}

// trickle sends a text in pieces of n bytes until the server hangs up.
func (r raw) trickle(text string, n int, every time.Duration) {
	ended := make(chan struct{})
	r.t.Cleanup(func() {
		_ = r.Conn.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		for i := 0; i < len(text); i += n {
			time.Sleep(every)
			if _, err := io.WriteString(r.Conn, text[i:i+n]); err != nil {
				return
			}
		}
	}()
}
