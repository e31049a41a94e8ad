package agentmsg

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
)

// Limiter lets calls through at a bounded rate. Wait returns when the caller
// may go on, or with an error; it must be safe for concurrent use. A limiter
// of golang.org/x/time/rate fits.
type Limiter interface {
	Wait(ctx context.Context) error
}

// RateWindow allows Limit requests in each span of length Per, wherever the
// span begins.
type RateWindow struct {
	Limit int
	Per   time.Duration
}

// NewLimiter returns an exact limiter that holds all windows at once: bursts
// pass, and no span of a window's length ever sees more than its limit. It
// serves its callers in order; a wait that would outlast the context's
// deadline fails at once with [ErrRateLimited]. Who waits because the server's
// own window is used up holds up those behind it.
func NewLimiter(windows ...RateWindow) (Limiter, error) {
	if reason := badWindows(windows); reason != "" {
		return nil, invalid("NewLimiter", "windows", reason)
	}
	return coded{newLimiter(windows)}, nil
}

// coded gives the leaf's errors their codes.
type coded struct{ *transport.SlidingLog }

// Wait is that of [Limiter].
func (l coded) Wait(ctx context.Context) error { return withCode(l.SlidingLog.Wait(ctx)) }

func newLimiter(windows []RateWindow) *transport.SlidingLog {
	inner := make([]transport.Window, len(windows))
	for i, w := range windows {
		inner[i] = transport.Window(w)
	}
	return transport.NewSlidingLog(inner)
}

// badWindows says why windows limit nothing; empty: they are fine.
func badWindows(windows []RateWindow) string {
	if len(windows) == 0 {
		return "has no window: give one, like RateWindow{120, time.Minute}"
	}
	for i, w := range windows {
		if w.Limit < 1 || w.Per <= 0 {
			return "has window " + strconv.Itoa(i) + " without a positive Limit and Per"
		}
	}
	return ""
}

// WithRateLimit limits this client's requests to an API, retries included,
// exactly: no span of a window's length ever sees more than its limit. MAIA's
// own default is 120 a minute and 3,000 an hour. Off by default.
//
// What net/http repeats by itself, on a kept connection that had died, cannot
// be held up: it goes at once, and those after it wait for its sake.
//
// A call that would have to wait beyond its deadline or
// RetryPolicy.MaxRetryAfter fails at once with [ErrRateLimited], not sent.
func WithRateLimit(api API, windows ...RateWindow) Option {
	return func(c *config) error {
		if err := known("WithRateLimit", api); err != nil {
			return err
		}
		if reason := badWindows(windows); reason != "" {
			return optionError("WithRateLimit", reason)
		}
		c.api(api, func(a *apiConfig) { a.windows, a.limiter = slices.Clone(windows), nil })
		return nil
	}
}

// WithLimiter limits this client's requests to an API by a limiter of your
// own, shared with other clients or processes.
func WithLimiter(api API, l Limiter) Option {
	return func(c *config) error {
		if err := known("WithLimiter", api); err != nil {
			return err
		}
		if l == nil {
			return optionError("WithLimiter", "has a nil limiter")
		}
		c.api(api, func(a *apiConfig) { a.windows, a.limiter = nil, l })
		return nil
	}
}
