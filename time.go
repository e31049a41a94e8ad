package agentmsg

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// Time is an instant in MAIA's REST answers: epoch milliseconds on the wire.
//
// It reads milliseconds, seconds (numbers below 10^11), digits in a string,
// and ISO 8601 with any zone or none (UTC); null, "" and what cannot be read
// are the zero Time. The zero Time writes null.
type Time struct{ time.Time }

// EventTime is an instant in MAIA's webhooks and in its connections: ISO 8601
// with milliseconds and Z on the wire, 2024-01-15T10:30:00.000Z. It reads
// whatever [Time] reads. The zero EventTime writes null.
type EventTime struct{ time.Time }

const eventTimeLayout = "2006-01-02T15:04:05.000Z"

// MarshalJSON writes epoch milliseconds, or null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, t.UnixMilli(), 10), nil
}

// UnmarshalJSON reads every form named at [Time] and never fails.
func (t *Time) UnmarshalJSON(b []byte) error {
	t.Time = readTime(b)
	return nil
}

// MarshalJSON writes 2024-01-15T10:30:00.000Z, or null for the zero EventTime.
func (t EventTime) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return strconv.AppendQuote(nil, t.UTC().Format(eventTimeLayout)), nil
}

// UnmarshalJSON reads every form named at [Time] and never fails.
func (t *EventTime) UnmarshalJSON(b []byte) error {
	t.Time = readTime(b)
	return nil
}

// readTime reads any form of an instant that the APIs are known to write, and
// those that a service like them might.
func readTime(b []byte) time.Time {
	b = bytes.TrimSpace(b)
	if len(b) > 1 && b[0] == '"' && bytes.IndexByte(b, '\\') < 0 {
		b = b[1 : len(b)-1]
	} else if len(b) > 0 && b[0] == '"' {
		var s string
		if json.Unmarshal(b, &s) != nil {
			return time.Time{}
		}
		b = []byte(s)
	}
	return parseTime(string(bytes.TrimSpace(b)))
}

// timeLayouts are tried in order. time.Parse takes a fraction of a second
// where the layout has none.
var timeLayouts = [...]string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05Z07",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04",
	time.DateOnly,
}

func parseTime(s string) time.Time {
	if !isDated(s) {
		if n, err := strconv.ParseFloat(s, 64); err == nil {
			return epoch(n)
		}
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// isDated reports whether s begins with a year and a dash, as no number does:
// most do, and to try them as one would cost more than to read them.
func isDated(s string) bool {
	return len(s) > 4 && s[4] == '-' && '0' <= s[3] && s[3] <= '9'
}

const (
	firstMS = 1e11            // below it a number is seconds, from it on milliseconds
	lastMS  = 253402300799999 // the last millisecond of the year 9999
)

// epoch reads a number as seconds or as milliseconds. A float64 holds every
// millisecond until the year 9999 exactly.
func epoch(n float64) time.Time {
	if math.Abs(n) < firstMS {
		n *= 1000
	}
	if math.IsNaN(n) || math.Abs(n) > lastMS {
		return time.Time{}
	}
	return time.UnixMilli(int64(math.Round(n))).UTC()
}
