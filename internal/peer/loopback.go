// Package peer is raw servers for tests. They sit on loopback sockets, follow a
// script, and fail the way servers, gateways and cables do: what net/http's own
// server would never send, they send.
//
// Tests alone import it.
package peer

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Loopback gives each connection to a function, until the test ends.
type Loopback struct {
	listener net.Listener
	scheme   string
	each     func(nth int, c net.Conn)
	workers  sync.WaitGroup

	mu       sync.Mutex
	conns    map[net.Conn]bool
	accepted int
	closed   bool
}

// Listen listens. The nth connection (from 0) is over when talk returns.
func Listen(tb testing.TB, talk func(nth int, c net.Conn)) *Loopback {
	tb.Helper()
	l := new(Loopback)
	l.listen(tb, nil, talk)
	return l
}

// listen speaks TLS if there is a config.
func (l *Loopback) listen(tb testing.TB, config *tls.Config, talk func(nth int, c net.Conn)) {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	l.listener, l.scheme, l.each, l.conns = listener, "http://", talk, map[net.Conn]bool{}
	if config != nil {
		l.listener, l.scheme = tls.NewListener(listener, config), "https://"
	}
	l.workers.Go(l.serve)
	tb.Cleanup(l.Close)
}

// Address is host and port.
func (l *Loopback) Address() string { return l.listener.Addr().String() }

// URL is the base URL, without a slash at its end.
func (l *Loopback) URL() string { return l.scheme + l.Address() }

func (l *Loopback) serve() {
	for nth := 0; ; nth++ {
		c, err := l.listener.Accept()
		if err != nil {
			return
		}
		if !l.enter(c) {
			_ = c.Close()
			return
		}
		l.workers.Go(func() {
			defer l.leave(c)
			l.each(nth, c)
		})
	}
}

func (l *Loopback) enter(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[c] = true
	l.accepted++
	return !l.closed
}

func (l *Loopback) leave(c net.Conn) {
	_ = c.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

// Accepted is how many connections there have been.
func (l *Loopback) Accepted() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted
}

// Refuse refuses connections from now on. Those that there are go on.
func (l *Loopback) Refuse() { _ = l.listener.Close() }

// Close ends everything, and returns when nothing runs any more.
func (l *Loopback) Close() {
	l.Refuse()
	l.mu.Lock()
	l.closed = true
	for c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.workers.Wait()
}

// certificate is one for 127.0.0.1, valid for years, and the config of a client
// that trusts it.
func certificate() (server, client *tls.Config) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.StartTLS()
	defer s.Close()
	trusting := s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	trusting.NextProtos = nil
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS13}, trusting
}
