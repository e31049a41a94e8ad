package agentmsg_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/stretchr/testify/require"
)

// Frames of HTTP/2 by their numbers in RFC 9113.
const (
	frameData, frameHeaders, frameReset, frameSettings, framePing, frameGoAway, frameWindow = 0, 1, 3, 4, 6, 7, 8

	flagAck, flagEndStream, flagEndHeaders = 1, 1, 4

	noError, protocolError, internalError, refusedStream, cancelStream, calmDown = 0, 1, 2, 7, 8, 11
)

// http2Act is what a peer does with a request; false: the connection is over.
type http2Act func(c *http2Conn, stream uint32) (keep bool)

// http2Step is an act and when it comes: with the header, or when the request
// is there whole.
type http2Step struct {
	early bool
	act   http2Act
}

// http2Peer speaks HTTP/2 frame by frame. It has a script for its first
// requests and answers the others well.
type http2Peer struct {
	listener net.Listener
	client   *agentmsg.Client
	workers  sync.WaitGroup

	mu     sync.Mutex
	script []http2Step
	begun  int
	bodies []string // of the requests that were read whole
	conns  []net.Conn
}

func newHTTP2Peer(t *testing.T, script ...http2Step) *http2Peer {
	t.Helper()
	certified := httptest.NewUnstartedServer(http.NotFoundHandler())
	certified.StartTLS()
	defer certified.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &http2Peer{script: script, listener: tls.NewListener(listener, &tls.Config{
		Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13,
	})}
	p.workers.Go(p.serve)
	pool := transport.NewTransport(time.Minute)
	pool.TLSClientConfig = certified.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	pool.TLSClientConfig.NextProtos = nil
	p.client = faultClient(t, p.url(), agentmsg.WithHTTPClient(&http.Client{Transport: pool}))
	t.Cleanup(p.close)
	return p
}

func (p *http2Peer) url() string { return "https://" + p.listener.Addr().String() }

func (p *http2Peer) serve() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conns = append(p.conns, c)
		p.mu.Unlock()
		p.workers.Go(func() {
			defer func() { _ = c.Close() }()
			in := bufio.NewReader(c)
			if _, err := in.Discard(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); err != nil {
				return
			}
			conn := &http2Conn{Conn: c, peer: p, steps: map[uint32]http2Step{}, bodies: map[uint32][]byte{}}
			for conn.frame(frameSettings, 0, 0, nil); conn.next(in); {
			}
		})
	}
}

func (p *http2Peer) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.workers.Wait()
}

// seen are how many requests began, and the bodies of those that ended.
func (p *http2Peer) seen() (begun int, bodies []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begun, append([]string(nil), p.bodies...)
}

// http2Conn is one connection, of one goroutine.
type http2Conn struct {
	net.Conn
	peer   *http2Peer
	steps  map[uint32]http2Step
	bodies map[uint32][]byte
}

func (c *http2Conn) frame(kind, flags byte, stream uint32, payload []byte) {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	head = binary.BigEndian.AppendUint32(append(head, flags), stream)
	_, _ = c.Write(append(head, payload...))
}

func words(of ...uint32) (b []byte) {
	for _, w := range of {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

// next takes one frame; false: the connection is over.
func (c *http2Conn) next(in io.Reader) bool {
	head := make([]byte, 9)
	if _, err := io.ReadFull(in, head); err != nil {
		return false
	}
	payload := make([]byte, binary.BigEndian.Uint32(head)>>8)
	if _, err := io.ReadFull(in, payload); err != nil {
		return false
	}
	kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
	switch kind {
	case frameSettings, framePing:
		if flags&flagAck == 0 {
			if kind == frameSettings {
				payload = nil
			}
			c.frame(kind, flagAck, 0, payload)
		}
	case frameHeaders:
		return c.begin(stream) && (flags&flagEndStream == 0 || c.whole(stream))
	case frameData:
		if len(payload) > 0 {
			c.frame(frameWindow, 0, 0, words(uint32(len(payload))))
		}
		c.bodies[stream] = append(c.bodies[stream], payload...)
		return flags&flagEndStream == 0 || c.whole(stream)
	}
	return true
}

func (c *http2Conn) begin(stream uint32) bool {
	p := c.peer
	p.mu.Lock()
	step := http2Step{act: http2Well}
	if p.begun < len(p.script) {
		step = p.script[p.begun]
	}
	p.begun++
	p.mu.Unlock()
	c.steps[stream] = step
	return !step.early || step.act(c, stream)
}

func (c *http2Conn) whole(stream uint32) bool {
	step := c.steps[stream]
	if step.early {
		return true
	}
	c.peer.mu.Lock()
	c.peer.bodies = append(c.peer.bodies, string(c.bodies[stream]))
	c.peer.mu.Unlock()
	return step.act(c, stream)
}

// http2Well is a success of every operation: 0x88 is ":status: 200".
func http2Well(c *http2Conn, stream uint32) bool {
	c.frame(frameHeaders, flagEndHeaders, stream, []byte{0x88})
	c.frame(frameData, flagEndStream, stream, []byte(anyAnswer))
	return true
}

// http2Status is an answer without a body: a literal value for the name of
// number 8 in the static table, ":status".
func http2Status(status string) http2Act {
	return func(c *http2Conn, stream uint32) bool {
		c.frame(frameHeaders, flagEndHeaders|flagEndStream, stream, append([]byte{8, 3}, status...))
		return true
	}
}

func http2Reset(code uint32) http2Act {
	return func(c *http2Conn, stream uint32) bool {
		c.frame(frameReset, 0, stream, words(code))
		return true
	}
}

// http2GoAway says that streams up to so many below ours were taken.
func http2GoAway(code, below uint32, keep bool) http2Act {
	return func(c *http2Conn, stream uint32) bool {
		c.frame(frameGoAway, 0, 0, words(stream-min(below, stream), code))
		return keep
	}
}

func http2Gone(*http2Conn, uint32) bool { return false }
