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
