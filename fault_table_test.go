package agentmsg_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// fault hits a call: it says where the server is, and what the client needs
// beside its usual options.
type fault func(t *testing.T) (s *faultServer, base string, opts []agentmsg.Option)

// kind is the type of error that a fault ends in, when it is the last.
type kind int

const (
	none kind = iota
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

	notSent  = outcomes(agentmsg.OutcomeNotSent)
	rejected = outcomes(agentmsg.OutcomeRejected)
	unknown  = outcomes(agentmsg.OutcomeUnknown)
	accepted = outcomes(agentmsg.OutcomeAccepted)
)

func outcomes(o agentmsg.Outcome) [3]agentmsg.Outcome { return [3]agentmsg.Outcome{o, o, o} }

// first hits the first request that a server reads.
func first(a faultAct) fault {
	return func(t *testing.T) (*faultServer, string, []agentmsg.Option) {
		s := newFaultServer(t, a)
		return s, s.url(), nil
	}
}

// reused does so when the connection has served a call before.
func reused(a faultAct) fault {
	return func(t *testing.T) (*faultServer, string, []agentmsg.Option) {
		s := newFaultServer(t, well, a)
		return s, s.url(), nil
	}
}

// dialing puts a function in place of the dialer.
func dialing(dial func(context.Context) (net.Conn, error)) fault {
	return func(*testing.T) (*faultServer, string, []agentmsg.Option) {
		return nil, "http://api.test", []agentmsg.Option{agentmsg.WithHTTPClient(&http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		}})}
	}
}

func lookup(e net.DNSError) fault {
	return dialing(func(context.Context) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &e}
	})
}

// accepting hits a connection as soon as it is there.
func accepting(scheme string, accept func(nth int, c net.Conn) bool, tr *http.Transport) fault {
	return func(t *testing.T) (*faultServer, string, []agentmsg.Option) {
		s := acceptingServer(t, accept)
		return s, scheme + strings.TrimPrefix(s.url(), "http"), []agentmsg.Option{agentmsg.WithHTTPClient(&http.Client{Transport: tr.Clone()})}
	}
}

func reset(_ int, c net.Conn) bool { return rst(c, nil) }

// resetFirst waits for a byte: an earlier reset would sometimes meet the dialer.
func resetFirst(nth int, c net.Conn) bool {
	if nth > 0 {
		return true
	}
	_, _ = c.Read(make([]byte, 1))
	return rst(c, nil)
}

func stall(_ int, c net.Conn) bool { return silence(c, nil) }

// noTLS answers a TLS greeting the way a plain HTTP server does.
func noTLS(_ int, c net.Conn) bool {
	_, _ = c.Read(make([]byte, 4096))
	_, _ = io.WriteString(c, "HTTP/1.0 400 Bad Request\r\n\r\n")
	return silence(c, nil)
}

// certified is a good https server whose certificate the client does not take.
func certified(change func(*tls.Config)) fault {
	return func(t *testing.T) (*faultServer, string, []agentmsg.Option) {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		trusted := s.Client().Transport.(*http.Transport).Clone()
		change(trusted.TLSClientConfig)
		return nil, s.URL, []agentmsg.Option{agentmsg.WithHTTPClient(&http.Client{Transport: trusted})}
	}
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

const (
	html      = "<html><body><h1>It works!</h1></body></html>"
	bigHeader = 300 << 10
	year2100  = "Retry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n"
)

// faultRow is one fault and what must come of it.
type faultRow struct {
	name     string
	fault    fault
	requests [3]int // when it hits the first of three attempts
	kind     kind   // the error, where there is no further attempt
	status   int
	outcome  [3]agentmsg.Outcome
	is       []error
	isNot    error
}

var faults = []faultRow{
	// Nothing arrives, however often it is tried: the numbers are attempts.
	{"dial refused", dialing(refused), thrice, network, 0, notSent, is(syscall.ECONNREFUSED), nil},
	{"DNS for the moment", lookup(net.DNSError{Err: "server misbehaving", IsTemporary: true}), thrice, network, 0, notSent, nil, nil},
	{"dial time-out", dialing(tooSlow), thrice, network, 0, notSent, is(context.DeadlineExceeded), agentmsg.ErrAttemptTimeout},
	{"TLS handshake stalls", accepting("https", stall, &http.Transport{TLSHandshakeTimeout: 30 * time.Millisecond}), thrice, network, 0, notSent, nil, agentmsg.ErrAttemptTimeout},
	{"https reset at accept", accepting("https", reset, &http.Transport{}), thrice, network, 0, notSent, is(syscall.ECONNRESET), nil},
	{"no such host", lookup(net.DNSError{Err: "no such host", IsNotFound: true}), once, network, 0, notSent, nil, nil},
	{"unknown CA", certified(func(c *tls.Config) { c.RootCAs = nil }), once, network, 0, notSent, nil, nil},
	{"wrong host", certified(func(c *tls.Config) { c.ServerName = "other.test" }), once, network, 0, notSent, nil, nil},
	{"expired certificate", certified(func(c *tls.Config) { c.Time = func() time.Time { return time.Unix(1e10, 0) } }), once, network, 0, notSent, nil, nil},
	{"https to a plain port", accepting("https", noTLS, &http.Transport{}), once, network, 0, notSent, nil, nil},

	// The connection is lost.
	{"http reset at the first byte", accepting("http", resetFirst, &http.Transport{}), harmless, network, 0, unknown, nil, nil},
	{"read whole, then FIN", first(fin), harmless, network, 0, unknown, is(io.EOF), nil},
	{"read whole, then RST", first(rst), harmless, network, 0, unknown, is(syscall.ECONNRESET), nil},
	{"reused, read whole, then FIN", reused(fin), harmless, network, 0, unknown, nil, nil},
	{"reused, read whole, then RST", reused(rst), harmless, network, 0, unknown, nil, nil},
	{"FIN within the body", first(torn(200, fin)), harmless, network, 200, accepted, is(io.ErrUnexpectedEOF), nil},
	{"RST within the body", first(torn(200, rst)), harmless, network, 200, accepted, is(syscall.ECONNRESET), nil},
	{"FIN within a 502", first(torn(502, fin)), harmless, network, 502, unknown, nil, nil},
	{"FIN within a 400", first(torn(400, fin)), harmless, network, 400, rejected, nil, nil},

	// It takes too long.
	{"the header never comes", first(silence), harmless, network, 0, unknown, is(agentmsg.ErrAttemptTimeout), context.DeadlineExceeded},
	{"one byte every 20 ms", first(trickle), harmless, network, 200, accepted, is(agentmsg.ErrAttemptTimeout), context.DeadlineExceeded},

	// A success that is none.
	{"JSON ends in its middle", first(answers(200, "", `{"sessionId":"s","userMe`)), harmless, decode, 200, accepted, nil, nil},
	{"a second value", first(answers(200, "", goodReceipt+goodReceipt)), once, decode, 200, accepted, nil, nil},
	{"200 with a page", first(answers(200, "Content-Type: text/html\r\n", html)), once, decode, 200, accepted, nil, nil},
	{"204", first(answers(204, "", "")), once, decode, 204, accepted, nil, nil},
	{"empty 200", first(answers(200, "", "")), once, decode, 200, accepted, nil, nil},
	{"null", first(answers(200, "", "null")), once, decode, 200, accepted, nil, nil},
	{"gzip bomb", gzipBomb, once, network, 200, accepted, is(agentmsg.ErrResponseTooLarge), nil},
	{"huge body", first(flood(200, "", 9<<20)), once, network, 200, accepted, is(agentmsg.ErrResponseTooLarge), nil},
	{"header bomb", first(answers(200, "X-Bomb: "+strings.Repeat("x", bigHeader)+"\r\n", goodReceipt)), once, network, 0, unknown, is(agentmsg.ErrResponseTooLarge), nil},
	{"huge body of a 404", first(flood(404, "", 9<<20)), once, api, 404, rejected, is(agentmsg.ErrNotFound), nil},

	// A success under another status.
	{"201", first(wellAs(201)), once, none, 201, outcomes(agentmsg.OutcomeNone), nil, nil},
	{"202", first(wellAs(202)), once, none, 202, outcomes(agentmsg.OutcomeNone), nil, nil},
	{"207", first(wellAs(207)), once, none, 207, outcomes(agentmsg.OutcomeNone), nil, nil},

	// The server is down.
	{"HTML 502", first(answers(502, "", strings.Repeat(html, 100))), harmless, api, 502, unknown, is(agentmsg.ErrServer), nil},
	{"408", first(refusal(408)), harmless, api, 408, unknown, is(agentmsg.ErrServer), nil},
	{"500", first(refusal(500)), harmless, api, 500, unknown, is(agentmsg.ErrServer), nil},
	{"503", first(refusal(503, "Retry-After: 0\r\n")), harmless, api, 503, unknown, is(agentmsg.ErrServer), nil},
	{"504", first(refusal(504)), harmless, api, 504, unknown, is(agentmsg.ErrServer), nil},
	{"520", first(refusal(520)), harmless, api, 520, unknown, is(agentmsg.ErrServer), nil},
	{"529", first(refusal(529)), harmless, api, 529, unknown, is(agentmsg.ErrServer), nil},
	{"501", first(refusal(501)), once, api, 501, unknown, is(agentmsg.ErrServer), nil},

	// Too much at once.
	{"429", first(refusal(429)), twice, api, 429, rejected, is(agentmsg.ErrRateLimited), nil},
	{"429, Retry-After garbage", first(refusal(429, "Retry-After: soon\r\n")), twice, api, 429, rejected, is(agentmsg.ErrRateLimited), nil},
	{"429, Retry-After negative", first(refusal(429, "Retry-After: -30\r\n")), twice, api, 429, rejected, is(agentmsg.ErrRateLimited), nil},
	{"429, Retry-After 1e9", first(refusal(429, "Retry-After: 1000000000\r\n")), once, api, 429, rejected, is(agentmsg.ErrRateLimited), nil},
	{"429, Retry-After beyond all", first(refusal(429, "Retry-After: 9223372036854775807\r\n")), once, api, 429, rejected, is(agentmsg.ErrRateLimited), nil},
	{"429, Retry-After in 2100", first(refusal(429, year2100)), once, api, 429, rejected, is(agentmsg.ErrRateLimited), nil},
	{"425", first(refusal(425)), twice, api, 425, rejected, is(agentmsg.ErrRateLimited), nil},
	{"403 with none remaining", first(refusal(403, "X-RateLimit-Remaining: 0\r\n")), twice, api, 403, rejected, is(agentmsg.ErrRateLimited), agentmsg.ErrForbidden},

	// The server says no.
	{"400", first(refusal(400)), once, api, 400, rejected, is(agentmsg.ErrBadRequest), nil},
	{"401", first(refusal(401)), once, api, 401, rejected, is(agentmsg.ErrUnauthorized), agentmsg.ErrTokenRevoked},
	{"401 revoked", first(answers(401, "", `{"error":"Token revoked"}`)), once, api, 401, rejected, is(agentmsg.ErrUnauthorized, agentmsg.ErrTokenRevoked), nil},
	{"403", first(refusal(403)), once, api, 403, rejected, is(agentmsg.ErrForbidden), nil},
	{"404", first(refusal(404)), once, api, 404, rejected, is(agentmsg.ErrNotFound), nil},
	{"405", first(refusal(405)), once, api, 405, rejected, is(agentmsg.ErrBadRequest), nil},
	{"409", first(refusal(409)), [3]int{1, 2, 1}, api, 409, [3]agentmsg.Outcome{agentmsg.OutcomeRejected, agentmsg.OutcomeUnknown, agentmsg.OutcomeRejected}, is(agentmsg.ErrConflict), nil},
	{"410", first(refusal(410)), once, api, 410, rejected, is(agentmsg.ErrBadRequest), nil},
	{"413", first(refusal(413)), once, api, 413, rejected, is(agentmsg.ErrTooLarge), nil},
	{"415", first(refusal(415)), once, api, 415, rejected, is(agentmsg.ErrBadRequest), nil},
	{"422", first(refusal(422)), once, api, 422, rejected, is(agentmsg.ErrUnprocessable), nil},
	{"431", first(refusal(431)), once, api, 431, rejected, is(agentmsg.ErrBadRequest), nil},

	// The server points elsewhere.
	{"301", elsewhere(301), once, api, 301, rejected, is(agentmsg.ErrRedirect), nil},
	{"302", elsewhere(302), once, api, 302, rejected, is(agentmsg.ErrRedirect), nil},
	{"303", elsewhere(303), once, api, 303, unknown, is(agentmsg.ErrRedirect), nil},
	{"304", first(answers(304, "", "")), once, api, 304, rejected, is(agentmsg.ErrRedirect), nil},
	{"307", elsewhere(307), once, api, 307, rejected, is(agentmsg.ErrRedirect), nil},
	{"308", elsewhere(308), once, api, 308, rejected, is(agentmsg.ErrRedirect), nil},
}

func is(causes ...error) []error { return causes }

func tooSlow(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{Timeout: time.Nanosecond}).DialContext(ctx, "tcp", "127.0.0.1:1")
}

func refused(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:1") // nothing listens there
}

func gzipBomb(t *testing.T) (*faultServer, string, []agentmsg.Option) {
	return first(answers(200, "Content-Encoding: gzip\r\n", bomb()))(t)
}

// elsewhere is a redirect to a server that must hear nothing.
func elsewhere(status int) fault {
	return func(t *testing.T) (*faultServer, string, []agentmsg.Option) {
		target := newFaultServer(t)
		t.Cleanup(func() { require.Zero(t, target.seen(), "the target of a redirect") })
		return first(refusal(status, "Location: "+target.url()+"/elsewhere?"+secretQuery+"\r\n"))(t)
	}
}
