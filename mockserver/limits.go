package mockserver

import (
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"time"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// limits are those of a MAIA account; without a perMinute there are none.
type limits struct {
	perMinute, perHour int
	status             int // of a refusal; 0: 429
}

// WithRateLimit limits the account's MAIA calls, in two windows that slide: no
// minute and no hour sees more. It is off by default; the vendor's own are 120
// and 3,000. Each call counts whose token is good, whatever its answer, but for
// those that are refused for the limit; the storage is no part of MAIA. Ours.
//
// All answers to such calls carry X-RateLimit-Limit, -Remaining and -Reset,
// which the vendor documents of successful ones. They are of the minute, so a
// refusal for the hour's sake may name a time that is too early. Ours: Reset is
// when the oldest call leaves the minute, in whole seconds rounded up; of a
// refusal Remaining is 0. No answer has a Retry-After, as none is documented.
//
// Less than one call, and fewer an hour than a minute, are errors.
func WithRateLimit(perMinute, perHour int) Option {
	return func(cfg *config) error {
		switch {
		case perMinute < 1 || perHour < 1:
			return optionError("WithRateLimit", "allows less than one call: leave it out for no limit")
		case perHour < perMinute:
			return optionError("WithRateLimit", fmt.Sprintf("allows %d calls an hour, which are fewer than the %d a minute", perHour, perMinute))
		}
		cfg.limits.perMinute, cfg.limits.perHour = perMinute, perHour
		return nil
	}
}

// WithRateLimitStatus sets the status of a call that [WithRateLimit] refuses:
// 429, the default, or 403. One page of the vendor's says this, another that.
// Without WithRateLimit it is an error.
func WithRateLimitStatus(code int) Option {
	return func(cfg *config) error {
		if code != http.StatusTooManyRequests && code != http.StatusForbidden {
			return optionError("WithRateLimitStatus", fmt.Sprintf("is %d: it may be 429 or 403", code))
		}
		cfg.limits.status = code
		return nil
	}
}

// check holds what no single option can.
func (l limits) check() error {
	if l.status != 0 && l.perMinute == 0 {
		return optionError("WithRateLimitStatus", "is given without WithRateLimit, so no call is refused")
	}
	return nil
}

// admit counts a MAIA call, or refuses it. Either way the answer says what is
// left.
func (x *exchange) admit() error {
	l := x.server.config.limits
	if l.perMinute == 0 || x.endpoint.api() != wire.MAIA {
		return nil
	}
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	calls, now := &x.server.world.calls, time.Now()
	calls.forget(now)
	minute := calls.since(now.Add(-time.Minute))
	refused := ""
	switch {
	case len(minute) >= l.perMinute:
		refused = fmt.Sprintf("%d calls a minute", l.perMinute)
	case len(*calls) >= l.perHour:
		refused = fmt.Sprintf("%d calls an hour", l.perHour)
	default:
		*calls = append(*calls, now)
		minute = calls.since(now.Add(-time.Minute))
	}
	remaining := l.perMinute - len(minute)
	if refused != "" {
		remaining = 0
	}
	oldest := now // of an hour's refusal the minute may be empty
	if len(minute) > 0 {
		oldest = minute[0]
	}
	x.limited = http.Header{
		"X-Ratelimit-Limit":     {strconv.Itoa(l.perMinute)},
		"X-Ratelimit-Remaining": {strconv.Itoa(remaining)},
		"X-Ratelimit-Reset":     {strconv.FormatInt(oldest.Add(time.Minute+time.Second-1).Unix(), 10)},
	}
	switch {
	case refused == "":
		return nil
	case l.status == http.StatusForbidden:
		return refuse(http.StatusForbidden, "Rate limit exceeded: "+refused)
	}
	return refuse(http.StatusTooManyRequests, "Rate limit exceeded: "+refused)
}

// calls are the times of the last hour's, the oldest first.
type calls []time.Time

func (c *calls) forget(now time.Time) { *c = c.since(now.Add(-time.Hour)) }

// since are those after a time: one that is a window's length ago is out.
func (c calls) since(t time.Time) calls {
	return c[sort.Search(len(c), func(i int) bool { return c[i].After(t) }):]
}
