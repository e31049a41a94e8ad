package transport

import (
	"math"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const (
	fixdate = http.TimeFormat
	rfc850  = "Monday, 02-Jan-06 15:04:05 GMT"
	asctime = time.ANSIC
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration, layout string) string { return now.Add(d).Format(layout) }
	yearsOff := now.AddDate(-7, 0, 0)
	for name, c := range map[string]struct {
		value, date string
		want        time.Duration
	}{
		"absent":                     {"", "", 0},
		"zero":                       {"0", "", 0},
		"one second":                 {"1", "", time.Second},
		"leading zeros":              {"007", "", 7 * time.Second},
		"blanks around":              {"\t 30 ", "", 30 * time.Second},
		"a billion":                  {"1000000000", "", 1e9 * time.Second},
		"the greatest that fits":     {"9223372036", "", 9223372036 * time.Second},
		"one more":                   {"9223372037", "", math.MaxInt64},
		"the greatest int64":         {"9223372036854775807", "", math.MaxInt64},
		"more than any int64":        {"99999999999999999999999999", "", math.MaxInt64},
		"negative":                   {"-5", "", 0},
		"signed":                     {"+5", "", 0},
		"fraction":                   {"1.5", "", 0},
		"exponent":                   {"1e9", "", 0},
		"digits of another script":   {"١٢", "", 0},
		"garbage":                    {"soon", "", 0},
		"two values":                 {"1, 2", "", 0},
		"date":                       {in(90*time.Second, fixdate), "", 90 * time.Second},
		"date of RFC 850":            {in(90*time.Second, rfc850), "", 90 * time.Second},
		"date of asctime":            {in(90*time.Second, asctime), "", 90 * time.Second},
		"date that is past":          {in(-time.Hour, fixdate), "", 0},
		"date of now":                {in(0, fixdate), in(0, fixdate), 0},
		"date in 2100":               {time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).Format(fixdate), "", time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).Sub(now)},
		"date beyond a Duration":     {"Fri, 31 Dec 9999 23:59:59 GMT", "", math.MaxInt64},
		"server's clock years off":   {yearsOff.Add(time.Minute).Format(fixdate), yearsOff.Format(fixdate), time.Minute},
		"the same in RFC 850":        {yearsOff.Add(time.Minute).Format(rfc850), yearsOff.Format(rfc850), time.Minute},
		"the same in asctime":        {yearsOff.Add(time.Minute).Format(asctime), yearsOff.Format(asctime), time.Minute},
		"seconds beside an odd Date": {"5", yearsOff.Format(fixdate), 5 * time.Second},
		"unreadable Date":            {in(time.Minute, fixdate), "yesterday", time.Minute},
	} {
		require.Equal(t, c.want, RetryAfter(c.value, c.date, now), name)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"", "0", "1", "-1", "1e9", "9223372036854775807", "18446744073709551616", "soon", " 7 ",
		"Wed, 25 Nov 2026 12:00:30 GMT", "Wednesday, 25-Nov-26 12:00:30 GMT", "Wed Nov 25 12:00:30 2026", "Fri, 01 Jan 2100 00:00:00 GMT",
	} {
		f.Add(value, "")
		f.Add(value, "Mon, 01 Jan 2001 00:00:00 GMT")
		f.Add("Wed, 25 Nov 2026 12:00:30 GMT", value)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		require.GreaterOrEqual(t, RetryAfter(value, date, now), time.Duration(0))
		h := http.Header{"X-Ratelimit-Limit": {value}, "X-Ratelimit-Remaining": {date}, "X-Ratelimit-Reset": {value}}
		l := readRateLimit(h)
		require.Equal(t, value == "" && date == "", l == nil)
		if l != nil {
			require.GreaterOrEqual(t, l.Limit, 0)
			require.GreaterOrEqual(t, l.Remaining, -1)
		}
		wait := l.untilReset(date, now)
		require.True(t, wait >= 0 && wait <= furthestReset)
	})
}

func limitHeader(limit, remaining, reset string) http.Header {
	h := http.Header{}
	h.Set("X-RateLimit-Limit", limit)
	h.Set("X-RateLimit-Remaining", remaining)
	h.Set("X-RateLimit-Reset", reset)
	return h
}

func TestRateLimitHeaders(t *testing.T) {
	t.Parallel()
	require.Nil(t, readRateLimit(http.Header{"Content-Type": {"text/html"}}))
	require.Equal(t, &RateLimit{120, 7, time.Unix(1795608060, 0)}, readRateLimit(limitHeader("120", "7", "1795608060")))
	require.Equal(t, &RateLimit{0, 0, time.Time{}}, readRateLimit(http.Header{"X-Ratelimit-Remaining": {" 0 "}}), "one of the three is enough")
	require.Equal(t, &RateLimit{0, -1, time.Time{}}, readRateLimit(limitHeader("many", "-1", "later")), "nothing that can be read")
}

func TestUntilReset(t *testing.T) {
	t.Parallel()
	seconds := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	milliseconds := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).UnixMilli(), 10) }
	for name, c := range map[string]struct {
		reset, date string
		want        time.Duration
	}{
		"seconds":            {seconds(time.Minute), "", time.Minute},
		"milliseconds":       {milliseconds(1500 * time.Millisecond), "", 1500 * time.Millisecond},
		"past":               {seconds(-time.Minute), "", 0},
		"now":                {seconds(0), "", 0},
		"an hour ahead":      {seconds(time.Hour), "", time.Hour},
		"over an hour ahead": {seconds(time.Hour + time.Second), "", 0},
		"far away":           {"9223372036854775807", "", 0},
		"garbage":            {"soon", "", 0},
		"a duration":         {"60", "", 0},
		"negative":           {"-60", "", 0},
		"the server's clock": {seconds(-time.Hour), now.Add(-time.Hour - time.Minute).Format(fixdate), time.Minute},
	} {
		l := readRateLimit(limitHeader("120", "0", c.reset))
		require.NotNil(t, l)
		require.Equal(t, c.want, l.untilReset(c.date, now), name)
	}
}
