package agentmsg

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
)

// WithLogger logs one line for each retry: operation, attempt, wait, reason.
// Never a body, a credential or a query.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error {
		if l == nil {
			return optionError("WithLogger", "has a nil logger")
		}
		c.logger = l
		return nil
	}
}

// Attempt is one attempt of a call, as [WithAttemptHook] hears of it.
type Attempt struct {
	Op     Op
	API    API
	Number int // from 1
	Status int // 0: no answer
	// Wait comes before the next attempt; 0: there is none, or at once.
	Wait     time.Duration
	Duration time.Duration
	// Sent is false when the attempt provably never left.
	Sent bool
	// Err is why there was no complete answer.
	Err error
}

// WithAttemptHook calls f after each attempt, on the calling goroutine, which it
// holds up. f must be safe for concurrent use: calls run side by side.
func WithAttemptHook(f func(context.Context, Attempt)) Option {
	return func(c *config) error {
		if f == nil {
			return optionError("WithAttemptHook", "has a nil function")
		}
		c.hook = f
		return nil
	}
}

// Attempted passes an attempt on to the hook and, when another follows, to
// the log.
func (x *exchange) Attempted(ctx context.Context, a transport.Attempted) {
	cfg := &x.core.config
	if cfg.hook != nil {
		cfg.hook(ctx, Attempt{
			Op: x.name, API: x.api(), Number: a.Number, Status: a.Status, Wait: a.Wait, Duration: a.Duration, Sent: a.Sent, Err: x.clean(a.Err),
		})
	}
	if cfg.logger != nil && a.Again {
		cfg.logger.WarnContext(ctx, "agentmsg: retrying", "op", x.name, "attempt", a.Number, "wait", a.Wait, "reason", x.reason(a))
	}
}

// reason is why an attempt is followed by another, in words that hold nothing
// of what was sent.
func (x *exchange) reason(a transport.Attempted) string {
	if a.Err != nil {
		return oneLine(x.clean(a.Err).Error())
	}
	if x.unusable != nil {
		return "truncated answer"
	}
	return strings.TrimSpace(strconv.Itoa(a.Status) + " " + http.StatusText(a.Status))
}
