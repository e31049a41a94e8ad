package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
)

// evidence counts what net/http did with one attempt. It asks for a
// connection for the request itself and for each replay of its own; over
// HTTP/2 sometimes twice, when the first one is just going away.
type evidence struct {
	asked, got atomic.Int32 // asked: since it got the last one
}

func (e *evidence) reset() { e.asked.Store(0); e.got.Store(0) }

// trace feeds the evidence. A replay cannot be held up, as HTTP/2 asks with its
// pool locked: limit hears of it, and counts it.
func (e *evidence) trace(limit Limiter) httptrace.ClientTrace {
	return httptrace.ClientTrace{
		GetConn: func(string) {
			if e.asked.Add(1) > 1 || e.got.Load() == 0 {
				return // the request itself, or asked for twice
			}
			if own, ok := limit.(interface{ Charge() }); ok {
				own.Charge()
			}
		},
		GotConn: func(httptrace.GotConnInfo) { e.asked.Store(0); e.got.Add(1) },
	}
}

// unsent is true when the request provably never had a connection. A failed
// dial alone proves nothing: net/http may have replayed the request, and the
// last error is then that of the replay.
func (e *evidence) unsent(err error) bool {
	return e.got.Load() == 0 && (e.asked.Load() > 0 || dialFailed(err))
}

func dialFailed(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// replays is how often net/http sent the request again by itself, or tried to.
func (e *evidence) replays() int32 { return max(0, e.got.Load()+min(e.asked.Load(), 1)-1) }

// mayHaveRun is true when the refusal is the answer to a replay, and what
// net/http sent before it may have been taken: of such a request alone it
// takes no proof.
func (c *Call) mayHaveRun() bool {
	if c.evidence.got.Load() < 2 {
		return false
	}
	switch c.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return slices.ContainsFunc(c.Headers, func(h Header) bool {
		return h.Name == "Idempotency-Key" || h.Name == "X-Idempotency-Key"
	})
}

// permanent: the host does not exist, or is not who it should be, or the
// answer was over its bound. The next attempt would end the same way.
func permanent(err error) bool {
	if errors.Is(err, ErrResponseTooLarge) || errors.Is(err, http.ErrSchemeMismatch) {
		return true
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	return ok
}

// headerTooLarge: net/http has no type for it.
func headerTooLarge(err error) bool {
	return strings.Contains(err.Error(), "response headers exceeded") || strings.Contains(err.Error(), "response header list larger")
}
