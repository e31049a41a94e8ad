package mockserver

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// host is an http.Server whose end can be waited for: http.Server.Close does
// not join the connections that it closes.
type host struct {
	listener net.Listener
	server   http.Server
	served   chan struct{}
	open     sync.WaitGroup // connections
}

func newHost(l net.Listener, h http.Handler) *host {
	p := &host{listener: l, served: make(chan struct{})}
	p.server = http.Server{Handler: h, ConnState: p.count} //nolint:gosec // a half-open request is a test's business, and ends with close
	go func() {
		defer close(p.served)
		_ = p.server.Serve(l) // always an error: that the listener was closed
	}()
	return p
}

func (p *host) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		p.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		p.open.Done()
	}
}

// close ends what is open and joins it. The listener goes first: a connection
// that Serve takes after the server was closed would be nobody's.
func (p *host) close() {
	_ = p.listener.Close()
	<-p.served
	_ = p.server.Close()
	p.open.Wait()
}

// pipeHost is a host without a socket.
type pipeHost struct {
	host      *host
	transport *http.Transport
}

// buffered reads a delivery's body before the handler does. net/http watches a
// connection only once the body was read, and a handler that does not read must
// hear of the end too.
func buffered(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body) // ours: it is whole, or the connection is gone
		r.Body = io.NopCloser(&body)
		h.ServeHTTP(w, r)
	})
}

// newPipeHost serves h to its transport, whatever host a request names; of
// https there is only the name.
func newPipeHost(h http.Handler) *pipeHost {
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	return &pipeHost{
		host:      newHost(l, h),
		transport: &http.Transport{DialContext: l.dial, DialTLSContext: l.dial, MaxIdleConnsPerHost: 64},
	}
}

func (p *pipeHost) close() {
	p.transport.CloseIdleConnections()
	p.host.close()
}

// pipeListener makes a listener of net.Pipe.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	server, client := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr implements net.Listener.
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "memory" }
func (pipeAddr) String() string  { return "memory" }
