package agentmsg_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
)

// faultRow is one fault and what must come of it.
type faultRow struct {
	name     string
	fault    fault
	requests [3]int    // safe, keyed, unsafe, when it hits the first of three attempts
	kind     errorKind // where there is no further attempt, as all that follows
	status   int
	outcome  [3]agentmsg.Outcome
	cause    cause
}

const (
	html    = "<html><body><h1>It works!</h1></body></html>"
	half    = `{"sessionId":"s","userMe`
	bigBody = 9 << 20
)

// faults hit an operation of each class. The table of the design has the same
// order; a comment stands where a row needs more than one request, a file or a
// clock of its own, and names its test.
var faults = []faultRow{
	// Nothing arrives: the numbers are dials.
	{"dial refused", dialing(refused), thrice, network, 0, notSent, is(syscall.ECONNREFUSED)},
	{"DNS for the moment", lookup(net.DNSError{Err: "server misbehaving", IsTemporary: true}), thrice, network, 0, notSent, isA[*net.DNSError]()},
	{"dial time-out", dialing(tooSlow), thrice, network, 0, notSent, is(context.DeadlineExceeded).not(agentmsg.ErrAttemptTimeout)},
	{"TLS handshake stalls", stalling, thrice, network, 0, notSent, isA[net.Error]().not(agentmsg.ErrAttemptTimeout)},
	{"https reset at accept", accepting("https", peer.Reset), thrice, network, 0, notSent, is(syscall.ECONNRESET)},
	{"http reset at the first byte", accepting("http", peer.ResetFirst(1)), harmless, network, 0, unknown, isA[*net.OpError]()},
	{"no such host", lookup(net.DNSError{Err: "no such host", IsNotFound: true}), once, network, 0, notSent, isA[*net.DNSError]()},
	{"unknown CA", certified(func(c *tls.Config) { c.RootCAs = nil }), once, network, 0, notSent, isA[x509.UnknownAuthorityError]()},
	{"wrong host", certified(func(c *tls.Config) { c.ServerName = "other.test" }), once, network, 0, notSent, isA[x509.HostnameError]()},
	{"expired certificate", certified(func(c *tls.Config) { c.Time = func() time.Time { return time.Unix(1e10, 0) } }), once, network, 0, notSent, isA[x509.CertificateInvalidError]()},
	{"https to a plain port", accepting("https", peer.NoTLS), once, network, 0, notSent, isA[tls.RecordHeaderError]()},

	// The connection is lost.
	{"read whole, then FIN", first(peer.FIN), harmless, network, 0, unknown, is(io.EOF)},
	{"read whole, then RST", first(peer.RST), harmless, network, 0, unknown, is(syscall.ECONNRESET)},
	{"reused, read whole, then FIN", reused(peer.FIN), harmless, network, 0, unknown, is(io.EOF)},
	{"reused, read whole, then RST", reused(peer.RST), harmless, network, 0, unknown, is(syscall.ECONNRESET)},
	// The same with a key or a header that net/http takes for one: TestNoHiddenReplayOfAnUnsafeCall.
	// Dial refused after a hidden replay: TestHiddenReplayFailsToDial. Other replays: replay_test.go, http2_test.go.
	// RST while uploading: TestUploadAgainFromTheStart.
	{"FIN within the body", first(peer.Torn(200, half, peer.FIN)), harmless, network, 200, accepted, is(io.ErrUnexpectedEOF)},
	{"RST within the body", first(peer.Torn(200, half, peer.RST)), harmless, network, 200, accepted, is(syscall.ECONNRESET)},
	{"FIN within the chunks", first(peer.TornChunks(200, half, peer.FIN)), harmless, network, 200, accepted, is(io.ErrUnexpectedEOF)},
	{"FIN within a 502", first(peer.Torn(502, half, peer.FIN)), harmless, network, 502, unknown, is(io.ErrUnexpectedEOF)},
	{"FIN within a 400", first(peer.Torn(400, half, peer.FIN)), harmless, network, 400, rejected, is(io.ErrUnexpectedEOF)},

	// An answer that is none.
	{"JSON ends in its middle", answering(200, half), harmless, decode, 200, accepted, unnamed},
	{"JSON and the connection end in its middle", first(peer.Unmeasured(200, half)), harmless, decode, 200, accepted, unnamed},
	{"JSON, then a second value", answering(200, peer.Good+peer.Good), once, decode, 200, accepted, unnamed},
	{"HTML 502", answering(502, strings.Repeat(html, 100)), harmless, api, 502, unknown, is(agentmsg.ErrServer)},
	{"200 with a page", first(peer.Answers(200, "Content-Type: text/html\r\n", html)), once, decode, 200, accepted, unnamed},
	{"gzip bomb", gzipBomb, once, network, 200, accepted, is(agentmsg.ErrResponseTooLarge)},
	{"huge body", first(peer.Flood(200, bigBody)), once, network, 200, accepted, is(agentmsg.ErrResponseTooLarge)},
	{"huge body of a 404", first(peer.Flood(404, bigBody)), once, api, 404, rejected, is(agentmsg.ErrNotFound)},
	{"header bomb", headerBomb, once, network, 0, unknown, is(agentmsg.ErrResponseTooLarge)},
	// What they cost: TestBombsInBoundedMemory.
	{"one byte every 20 ms", first(peer.Trickle), harmless, network, 200, accepted, is(agentmsg.ErrAttemptTimeout).not(context.DeadlineExceeded)},
	{"the header never comes", first(peer.Silence), harmless, network, 0, unknown, is(agentmsg.ErrAttemptTimeout).not(context.DeadlineExceeded)},
	{"204", answering(204, ""), once, decode, 204, accepted, unnamed},
	{"empty 200", answering(200, ""), once, decode, 200, accepted, unnamed},
	{"no HTTP", first(peer.Garbage("SSH-2.0")), harmless, network, 0, unknown, unnamed},

	// A success, in other words.
	{"201", answering(201, peer.Good), once, none, 201, fine, unnamed},
	{"202", answering(202, peer.Good), once, none, 202, fine, unnamed},
	{"207", answering(207, peer.Good), once, none, 207, fine, unnamed},
	{"null", answering(200, "null"), once, decode, 200, accepted, unnamed},
	{"unknown members, and null", answering(200, strings.Replace(peer.Good, "{", `{"new":{"deep":[1]},"message":null,"conversation":null,`, 1)), once, none, 200, fine, unnamed},
	// Unknown enum values: TestUnknownValuesAreKept.

	// Too much at once. The waits: TestRetryAfterIsWaited and, where they are not begun, TestRetryAfterTooLong.
	{"429", failing(429), twice, api, 429, rejected, is(agentmsg.ErrRateLimited)},
	{"429, Retry-After garbage", failing(429, "Retry-After: soon\r\n"), twice, api, 429, rejected, is(agentmsg.ErrRateLimited)},
	{"429, Retry-After negative", failing(429, "Retry-After: -30\r\n"), twice, api, 429, rejected, is(agentmsg.ErrRateLimited)},
	{"429, Retry-After 1e9", failing(429, "Retry-After: 1000000000\r\n"), once, api, 429, rejected, is(agentmsg.ErrRateLimited)},
	{"429, Retry-After beyond all", failing(429, "Retry-After: 9223372036854775807\r\n"), once, api, 429, rejected, is(agentmsg.ErrRateLimited)},
	{"429, Retry-After in 2100", failing(429, "Retry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n"), once, api, 429, rejected, is(agentmsg.ErrRateLimited)},
	{"425", failing(425), twice, api, 425, rejected, is(agentmsg.ErrRateLimited)},
	{"403 with none remaining", failing(403, "X-RateLimit-Remaining: 0\r\n"), twice, api, 403, rejected, is(agentmsg.ErrRateLimited).not(agentmsg.ErrForbidden)},

	// The server is down.
	{"503", failing(503, "Retry-After: 0\r\n"), harmless, api, 503, unknown, is(agentmsg.ErrServer)},
	{"500", failing(500), harmless, api, 500, unknown, is(agentmsg.ErrServer)},
	{"408", failing(408), harmless, api, 408, unknown, is(agentmsg.ErrServer)},
	{"504", failing(504), harmless, api, 504, unknown, is(agentmsg.ErrServer)},
	{"520", failing(520), harmless, api, 520, unknown, is(agentmsg.ErrServer)},
	{"529", failing(529), harmless, api, 529, unknown, is(agentmsg.ErrServer)},

	// The server says no. A 401 with a source of tokens: TestTokenSource.
	{"409", failing(409), keyed, api, 409, running, is(agentmsg.ErrConflict)},
	{"422", failing(422), once, api, 422, rejected, is(agentmsg.ErrUnprocessable)},
	{"400", failing(400), once, api, 400, rejected, is(agentmsg.ErrBadRequest)},
	{"401", failing(401), once, api, 401, rejected, is(agentmsg.ErrUnauthorized).not(agentmsg.ErrTokenRevoked)},
	{"401 revoked", answering(401, `{"error":"Token revoked"}`), once, api, 401, rejected, is(agentmsg.ErrUnauthorized, agentmsg.ErrTokenRevoked)},
	{"403", failing(403), once, api, 403, rejected, is(agentmsg.ErrForbidden)},
	{"404", failing(404), once, api, 404, rejected, is(agentmsg.ErrNotFound)},
	{"405", failing(405), once, api, 405, rejected, is(agentmsg.ErrBadRequest)},
	{"410", failing(410), once, api, 410, rejected, is(agentmsg.ErrBadRequest)},
	{"413", failing(413), once, api, 413, rejected, is(agentmsg.ErrTooLarge)},
	{"415", failing(415), once, api, 415, rejected, is(agentmsg.ErrBadRequest)},
	{"431", failing(431), once, api, 431, rejected, is(agentmsg.ErrBadRequest)},
	{"501", failing(501), once, api, 501, unknown, is(agentmsg.ErrServer)},

	// The server points elsewhere.
	{"301", elsewhere(301), once, api, 301, rejected, is(agentmsg.ErrRedirect)},
	{"302", elsewhere(302), once, api, 302, rejected, is(agentmsg.ErrRedirect)},
	{"302 to the same host", failing(302, "Location: /elsewhere\r\n"), once, api, 302, rejected, is(agentmsg.ErrRedirect)},
	{"303", elsewhere(303), once, api, 303, unknown, is(agentmsg.ErrRedirect)},
	{"304", answering(304, ""), once, api, 304, rejected, is(agentmsg.ErrRedirect)},
	{"307", elsewhere(307), once, api, 307, rejected, is(agentmsg.ErrRedirect)},
	{"308", elsewhere(308), once, api, 308, rejected, is(agentmsg.ErrRedirect)},

	// The caller ends the call: before TestEndedContextSendsNothing, in the back-off TestRetryCancelledInTheWait,
	// in an attempt TestCancelledOnTheWire, in the limiter TestCancelledInTheLimiter.
	// 32 goroutines, two clients: TestNoCrossTalk.
	// Presigned URLs, expired TestUploadExpired, refused TestUploadRefused, SlowDown TestUploadAgainFromTheStart.
	// A file of another size, or that fails: TestUploadFileIsNotAsAnnounced.
}

// faultsOf hit the one operation that they are about.
var faultsOf = []struct {
	of faultCall
	faultRow
}{
	{updateStatus, faultRow{"204 where nothing is promised", answering(204, ""), once, none, 204, fine, unnamed}},
	{updateStatus, faultRow{"empty 200 where nothing is promised", answering(200, ""), once, none, 200, fine, unnamed}},
	{addReaction, faultRow{"204 to an unsafe call where nothing is promised", answering(204, ""), once, none, 204, fine, unnamed}},
	{faultCalls[0], faultRow{"no members where none is promised", answering(200, "{}"), once, none, 200, fine, unnamed}},
	{faultCalls[1], faultRow{"no members, keyed", answering(200, "{}"), once, decode, 200, accepted, unnamed}},
	{faultCalls[2], faultRow{"no members, unsafe", answering(200, "{}"), once, decode, 200, accepted, unnamed}},
	{converse, faultRow{"an error's envelope under 200", answering(200, envelope), once, api, 200, rejected, is(agentmsg.ErrBadRequest)}},
	{converse, faultRow{"an error's envelope under 500", answering(500, envelope), twice, api, 500, rejected, is(agentmsg.ErrServer)}},
	{faultCalls[1], faultRow{"success: false under 200", answering(200, `{"success":false,"error":"the AI failed"}`), once, api, 200, unknown, is(agentmsg.ErrServer)}},
}
