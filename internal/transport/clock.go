package transport

import (
	"context"
	"time"
)

// clock ends an attempt that takes too long. Of a call it bounds the whole
// attempt, and of a download whose Sink says so; of any other download, which
// has no bound, the time to the header and then the longest time without a byte.
type clock struct {
	done    context.CancelFunc
	silence *silence // nil: the clock is a whole attempt's
}

// silence is the longest time without a byte.
type silence struct {
	timer *time.Timer
	limit time.Duration
}

func newClock(ctx context.Context, c *Call) (context.Context, clock) {
	if c.Sink == nil || c.Sink.Whole {
		ctx, done := context.WithTimeoutCause(ctx, c.Timeout, ErrAttemptTimeout)
		return ctx, clock{done: done}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s := &silence{limit: c.Timeout, timer: time.AfterFunc(c.Timeout, func() { cancel(ErrAttemptTimeout) })}
	return ctx, clock{silence: s, done: func() {
		s.timer.Stop()
		cancel(nil)
	}}
}

// start gives a download its time anew, stop takes the clock off it.
func (k clock) start() {
	if k.silence != nil {
		k.silence.timer.Reset(k.silence.limit)
	}
}

func (k clock) stop() {
	if k.silence != nil {
		k.silence.timer.Stop()
	}
}

func (k clock) end() { k.done() }
