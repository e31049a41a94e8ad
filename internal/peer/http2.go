package peer

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
)

// Frames of HTTP/2 by their numbers in RFC 9113.
const (
	frameData, frameHeaders, frameReset, frameSettings, framePing, frameGoAway, frameWindow = 0, 1, 3, 4, 6, 7, 8

	flagAck, flagEndStream, flagEndHeaders = 1, 1, 4
)

// The error codes of HTTP/2.
const (
	NoError       = 0
	ProtocolError = 1
	InternalError = 2
	RefusedStream = 7
	CancelStream  = 8
	CalmDown      = 11
)

// Step is what an HTTP/2 peer does with a request, and when: with its header,
// or when it is there whole.
type Step struct {
	early bool
	act   func(c *conn, stream uint32) (keep bool)
}

// Early does the same when the header is there.
func (s Step) Early() Step { return Step{true, s.act} }

// HTTP2 speaks HTTP/2 frame by frame. It has a script for its first requests
// and answers the others well.
type HTTP2 struct {
	Loopback
	Trusting *tls.Config // of a client that trusts it

	mu     sync.Mutex
	script []Step
	begun  int
	bodies []string // of the requests that were read whole
}

// NewHTTP2 is a peer with this script.
func NewHTTP2(tb testing.TB, script ...Step) *HTTP2 {
	tb.Helper()
	own, trusting := certificate()
	own.NextProtos = []string{"h2"}
	p := &HTTP2{script: script, Trusting: trusting}
	p.listen(tb, own, p.talk)
	return p
}

func (p *HTTP2) talk(_ int, c net.Conn) {
	in := bufio.NewReader(c)
	if _, err := in.Discard(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); err != nil {
		return
	}
	one := &conn{Conn: c, peer: p, steps: map[uint32]Step{}, bodies: map[uint32][]byte{}}
	for one.frame(frameSettings, 0, 0, nil); one.next(in); {
	}
}

// Seen are how many requests began, and the bodies of those that ended.
func (p *HTTP2) Seen() (begun int, bodies []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begun, slices.Clone(p.bodies)
}

// conn is one connection, of one goroutine.
type conn struct {
	net.Conn
	peer   *HTTP2
	steps  map[uint32]Step
	bodies map[uint32][]byte
}

func (c *conn) frame(kind, flags byte, stream uint32, payload []byte) {
	head := binary.BigEndian.AppendUint32(nil, size(payload)<<8|uint32(kind))
	head = binary.BigEndian.AppendUint32(append(head, flags), stream)
	_, _ = c.Write(append(head, payload...))
}

// size has 24 bits on the wire.
func size(payload []byte) uint32 { return uint32(len(payload) & (1<<24 - 1)) }

func words(of ...uint32) (b []byte) {
	for _, w := range of {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

// next takes one frame; false: the connection is over.
func (c *conn) next(in io.Reader) bool {
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
			c.frame(frameWindow, 0, 0, words(size(payload)))
		}
		c.bodies[stream] = append(c.bodies[stream], payload...)
		return flags&flagEndStream == 0 || c.whole(stream)
	}
	return true
}

func (c *conn) begin(stream uint32) bool {
	p := c.peer
	p.mu.Lock()
	step := H2Well()
	if p.begun < len(p.script) {
		step = p.script[p.begun]
	}
	p.begun++
	p.mu.Unlock()
	c.steps[stream] = step
	return !step.early || step.act(c, stream)
}

func (c *conn) whole(stream uint32) bool {
	step := c.steps[stream]
	if step.early {
		return true
	}
	c.peer.mu.Lock()
	c.peer.bodies = append(c.peer.bodies, string(c.bodies[stream]))
	c.peer.mu.Unlock()
	return step.act(c, stream)
}

// H2Well is a success: 0x88 is ":status: 200".
func H2Well() Step {
	return Step{act: func(c *conn, stream uint32) bool {
		c.frame(frameHeaders, flagEndHeaders, stream, []byte{0x88})
		c.frame(frameData, flagEndStream, stream, []byte(Good))
		return true
	}}
}

// H2Status is an answer without a body: a literal value for the name of number
// 8 in the static table, ":status".
func H2Status(status string) Step {
	return Step{act: func(c *conn, stream uint32) bool {
		c.frame(frameHeaders, flagEndHeaders|flagEndStream, stream, append([]byte{8, 3}, status...))
		return true
	}}
}

// H2Reset is RST_STREAM.
func H2Reset(code uint32) Step {
	return Step{act: func(c *conn, stream uint32) bool {
		c.frame(frameReset, 0, stream, words(code))
		return true
	}}
}

// H2GoAway says that streams up to so many below this one were taken.
func H2GoAway(code, below uint32, keep bool) Step {
	return Step{act: func(c *conn, stream uint32) bool {
		c.frame(frameGoAway, 0, 0, words(stream-min(below, stream), code))
		return keep
	}}
}

// H2FIN ends the connection in order.
func H2FIN() Step {
	return Step{act: func(*conn, uint32) bool { return false }}
}
