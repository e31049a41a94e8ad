package transport

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads a Retry-After value: seconds, or one of the three HTTP
// date forms, measured against the answer's own Date so that a server whose
// clock is off is understood. 0: there is none, or it cannot be read. A value
// beyond what a Duration holds is the longest Duration.
func RetryAfter(value, date string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		return seconds(value)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, at.Sub(serverTime(date, now)))
}

func seconds(digits string) time.Duration {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(n) * time.Second
}

// serverTime is the answer's own time, or ours where it has none.
func serverTime(date string, now time.Time) time.Time {
	if at, err := http.ParseTime(date); err == nil {
		return at
	}
	return now
}

// RateLimit is the limit that an answer reported.
type RateLimit struct {
	Limit, Remaining int
	Reset            time.Time
}

const (
	firstMillisecond = 1e11      // a reset from here on is in milliseconds
	furthestReset    = time.Hour // one further ahead is not believed
)

// readRateLimit reads the X-RateLimit headers; false: there are none.
func readRateLimit(h http.Header) (RateLimit, bool) {
	limit, remaining, reset := first(h, "X-Ratelimit-Limit"), first(h, "X-Ratelimit-Remaining"), first(h, "X-Ratelimit-Reset")
	if limit == "" && remaining == "" && reset == "" {
		return RateLimit{}, false
	}
	return RateLimit{Limit: count(limit, 0), Remaining: count(remaining, -1), Reset: epoch(reset)}, true
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
func (l RateLimit) untilReset(date string, now time.Time) time.Duration {
	if l.Reset.IsZero() {
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
