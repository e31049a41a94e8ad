package agentmsg_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// fault hits a call.
type fault func(t *testing.T) target

// target is where a call goes that is to be hit.
type target struct {
	base    string
	opts    []agentmsg.Option // that its client needs beside the usual ones
	arrived func() int        // requests, or dials where no request gets through
	before  int               // requests that go well before
}

// errorKind is the type of error that a fault ends in, when it is the last.
type errorKind int

const (
	none errorKind = iota
	network
	api
	decode
)

// Three numbers, or three outcomes, for a safe, a keyed and an unsafe call.
var (
	once     = [3]int{1, 1, 1}
	harmless = [3]int{2, 2, 1}
	twice    = [3]int{2, 2, 2}
	thrice   = [3]int{3, 3, 3}
	keyed    = [3]int{1, 2, 1}

	fine     = outcomes(agentmsg.OutcomeNone)
	notSent  = outcomes(agentmsg.OutcomeNotSent)
	rejected = outcomes(agentmsg.OutcomeRejected)
	unknown  = outcomes(agentmsg.OutcomeUnknown)
	accepted = outcomes(agentmsg.OutcomeAccepted)
	running  = [3]agentmsg.Outcome{agentmsg.OutcomeRejected, agentmsg.OutcomeUnknown, agentmsg.OutcomeRejected}
)

func outcomes(o agentmsg.Outcome) [3]agentmsg.Outcome { return [3]agentmsg.Outcome{o, o, o} }

// cause is what is found in an error, and what is not.
type cause struct {
	is, isNot []error
	isA       func(error) bool
}

// unnamed is a cause that depends on which side notices first.
var unnamed cause

func is(causes ...error) cause { return cause{is: causes} }

func isA[E error]() cause {
	return cause{isA: func(err error) bool { _, ok := errors.AsType[E](err); return ok }}
}

func (c cause) not(causes ...error) cause { c.isNot = causes; return c }

// first hits the first request.
func first(a peer.Act) fault {
	return func(t *testing.T) target {
		s := peer.New(t, a)
		return target{base: s.URL(), arrived: s.Seen}
	}
}

// reused hits one on a connection that has served a call before.
func reused(a peer.Act) fault {
	return func(t *testing.T) target {
		s := peer.New(t, peer.Well, a)
		return target{base: s.URL(), arrived: s.Seen, before: 1}
	}
}

// dialed is a target whose client has this transport. Its dials are counted.
func dialed(base string, tr *http.Transport) target {
	dials, dial := new(atomic.Int64), tr.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return dial(ctx, network, address)
	}
	return target{base: base, arrived: func() int { return int(dials.Load()) }, opts: []agentmsg.Option{agentmsg.WithHTTPClient(&http.Client{Transport: tr})}}
}

// dialing puts a function in place of the dialer.
func dialing(dial func(context.Context) (net.Conn, error)) fault {
	return func(*testing.T) target {
		return dialed("http://api.test", &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }})
	}
}

func refused(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:1") // nothing listens there
}

func tooSlow(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{Timeout: time.Nanosecond}).DialContext(ctx, "tcp", "127.0.0.1:1")
}

func lookup(e net.DNSError) fault {
	return dialing(func(context.Context) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &e}
	})
}

// accepting hits a connection as soon as it is there.
func accepting(scheme string, greet peer.Greeting) fault {
	return func(t *testing.T) target {
		return dialed(scheme+"://"+peer.Greeted(t, greet).Address(), new(http.Transport))
	}
}

// stalling accepts, and does not shake hands.
func stalling(t *testing.T) target {
	return dialed("https://"+peer.Greeted(t, peer.Stall).Address(), &http.Transport{TLSHandshakeTimeout: 30 * time.Millisecond})
}

// certified is a good https server whose certificate the client does not take.
func certified(change func(*tls.Config)) fault {
	return func(t *testing.T) target {
		s, trusting := peer.NewTLS(t)
		t.Cleanup(func() { require.Zero(t, s.Seen(), "requests to a server that is not the API's") })
		change(trusting)
		return dialed(s.URL(), &http.Transport{TLSClientConfig: trusting})
	}
}

// elsewhere is a redirect to a server that must hear nothing.
func elsewhere(status int) fault {
	return func(t *testing.T) target {
		s := peer.New(t)
		t.Cleanup(func() { require.Zero(t, s.Seen(), "the target of a redirect") })
		return first(peer.Refusal(status, "Location: "+s.URL()+"/elsewhere?"+secretQuery+"\r\n"))(t)
	}
}

// answering is a whole answer.
func answering(status int, body string) fault { return first(peer.Answers(status, "", body)) }

// failing is an error of the API with these lines in its header.
func failing(status int, header ...string) fault { return first(peer.Refusal(status, header...)) }

// gzipBomb is 32 MiB in 32 KiB.
func gzipBomb(t *testing.T) target {
	return first(peer.Answers(200, "Content-Encoding: gzip\r\n", bomb()))(t)
}

// headerBomb is more than a header may be.
func headerBomb(t *testing.T) target {
	return first(peer.Answers(200, "X-Bomb: "+strings.Repeat("x", 300<<10)+"\r\n", peer.Good))(t)
}

var bomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	for range 32 {
		_, _ = z.Write(blanks)
	}
	_ = z.Close()
	return b.String()
})
