package transport

import (
	"context"
	"math"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Limiter lets callers through in their order.
type Limiter interface {
	Wait(ctx context.Context) error
}

// Endpoint is what the calls to one API share. It is safe for concurrent use.
type Endpoint struct {
	Loop          *retryablehttp.Client // made by NewLoop
	Credential    *Credential           // nil: none
	UserAgent     string
	Limiter       Limiter // nil: none
	Budget        *Budget
	MaxRetryAfter time.Duration
	MinBackoff    time.Duration
	MaxBackoff    time.Duration
	State         *State
}

// NewLoop returns the loop of attempts over base, for any number of calls. How
// many attempts a call has and how long it waits is the call's own matter.
func NewLoop(base http.RoundTripper, jar http.CookieJar) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: newHTTPClient(base, jar), RetryMax: math.MaxInt,
		RequestLogHook: beforeAttempt, CheckRetry: checkRetry, Backoff: decidedWait, PrepareRetry: anew,
	}
}

// newHTTPClient returns a client whose every exchange is one attempt over
// base. It follows no redirect and has no time-out of its own: the attempt
// has one.
func newHTTPClient(base http.RoundTripper, jar http.CookieJar) *http.Client {
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

// NewDialer returns the dialer of every connection.
func NewDialer() *net.Dialer { return &net.Dialer{Timeout: dialTimeout} }

// NewTransport returns a pool of connections for these low-rate APIs: idle
// ones end before a usual server ends them, so that no request meets a
// connection that is just being closed.
func NewTransport(idle time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            NewDialer().DialContext,
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idle,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
}
