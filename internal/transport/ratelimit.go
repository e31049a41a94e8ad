package transport

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// RateLimit is the limit that an answer reported.
type RateLimit struct {
	Limit, Remaining int
	Reset            time.Time
}

const (
	firstMillisecond = 1e11      // a reset from here on is in milliseconds
	furthestReset    = time.Hour // one further ahead is not believed
)

// readRateLimit reads the X-RateLimit headers; nil: there are none.
func readRateLimit(h http.Header) *RateLimit {
	limit, remaining, reset := first(h, "X-Ratelimit-Limit"), first(h, "X-Ratelimit-Remaining"), first(h, "X-Ratelimit-Reset")
	if limit == "" && remaining == "" && reset == "" {
		return nil
	}
	return &RateLimit{Limit: count(limit, 0), Remaining: count(remaining, -1), Reset: epoch(reset)}
}

func count(s string, otherwise int) int {
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && n >= 0 {
		return n
	}
	return otherwise
}

func epoch(s string) time.Time {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}
	case n >= firstMillisecond:
		return time.UnixMilli(n)
	}
	return time.Unix(n, 0)
}

// untilReset is how long the window still lasts, by the server's own clock;
// 0: unknown, past or not to be believed.
func (l *RateLimit) untilReset(date string, now time.Time) time.Duration {
	if l == nil || l.Reset.IsZero() {
		return 0
	}
	d := l.Reset.Sub(serverTime(date, now))
	if d < 0 || d > furthestReset {
		return 0
	}
	return d
}

// first is h.Get without its canonicalisation: names here are canonical.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
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

// note remembers a limit, and that it is used up.
func (s *State) note(l *RateLimit, date string, now time.Time) {
	s.limit.Store(l)
	if wait := l.untilReset(date, now); l.Remaining == 0 && wait > 0 {
		s.frozen.Store(now.Add(wait).UnixNano())
	}
}

// thawed is when the server's window begins anew, at most so long from now;
// zero: it has begun.
func (s *State) thawed(now time.Time, most time.Duration) time.Time {
	until := s.frozen.Load()
	if until == 0 || until <= now.UnixNano() {
		return time.Time{}
	}
	return now.Add(min(time.Unix(0, until).Sub(now), most))
}

// thaw waits until the server's window begins anew, at most so long.
func (s *State) thaw(ctx context.Context, most time.Duration) error {
	now := time.Now()
	until := s.thawed(now, most)
	if until.IsZero() {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok && !until.Before(deadline) {
		return ErrRateLimited
	}
	wait := until.Sub(now)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// noteHeader takes in what the answer says of the time to come.
func (c *Call) noteHeader() {
	c.RateLimit = readRateLimit(c.Header)
	after := first(c.Header, "Retry-After")
	if c.RateLimit == nil && after == "" {
		return
	}
	date, now := first(c.Header, "Date"), time.Now()
	c.retryAfter = RetryAfter(after, date, now)
	if c.RateLimit != nil {
		c.endpoint.State.note(c.RateLimit, date, now)
	}
}
