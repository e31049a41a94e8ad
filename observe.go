package agentmsg

import (
	"context"
	"log/slog"
	"time"
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
