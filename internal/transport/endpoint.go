package transport

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Limiter lets callers through in their order.
type Limiter interface {
	Wait(ctx context.Context) error
}

// Credential is how the requests of one API say who sends them.
type Credential struct {
	Header, Prefix string // "Authorization", "Bearer "
	Token, line    string // line: Prefix and Token, ready for the header
	// Source, where there is one, gives the token of each attempt instead.
	// refused is the token that has just been answered with 401, or empty.
	Source func(ctx context.Context, refused string) (string, error)
}

// Static is a credential that stays.
func Static(header, prefix, token string) *Credential {
	return &Credential{Header: header, Prefix: prefix, Token: token, line: prefix + token}
}

// value is the header's value with this token.
func (c *Credential) value(token string) string {
	if c.Source == nil {
		return c.line
	}
	return c.Prefix + token
}

// Endpoint is what the calls to one API share. It is safe for concurrent use.
type Endpoint struct {
	HTTP          *http.Client // made by NewHTTPClient
	Credential    *Credential  // nil: none
	UserAgent     string
	Limiter       Limiter // nil: none
	Budget        *Budget
	MaxRetryAfter time.Duration
	MinBackoff    time.Duration
	MaxBackoff    time.Duration
	State         *State
}

// State is what an API has told the calls under one credential.
type State struct {
	limit  atomic.Pointer[RateLimit]
	frozen atomic.Int64 // Unix nanoseconds until which a limited client waits
}

// RateLimit is the last limit that the API reported; false: none yet.
func (s *State) RateLimit() (RateLimit, bool) {
	if l := s.limit.Load(); l != nil {
		return *l, true
	}
	return RateLimit{}, false
}

// NewHTTPClient returns a client whose every exchange is one attempt over
// base. It follows no redirect and has no time-out of its own: the attempt
// has one.
func NewHTTPClient(base http.RoundTripper, jar http.CookieJar) *http.Client {
	return &http.Client{Transport: attempt{base}, Jar: jar}
}

const (
	dialTimeout      = 5 * time.Second
	handshakeTimeout = 10 * time.Second
	idlePerHost      = 20
	maxHeaderBytes   = 256 << 10
	pingAfter        = 15 * time.Second
	pingTimeout      = 5 * time.Second
)

// NewTransport returns a pool of connections for these low-rate APIs: idle
// ones end before a usual server ends them, so that no request meets a
// connection that is just being closed.
func NewTransport(idle time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idle,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
}
