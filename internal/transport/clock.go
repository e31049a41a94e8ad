package transport

import (
	"context"
	"time"
)

// clock ends an attempt that takes too long. Of a call it bounds the whole
// attempt, and of a download whose Sink says so; of any other download, which
// has no bound, the time to the header and then the longest time without a byte.
type clock struct {
	cancel context.CancelCauseFunc
	done   context.CancelFunc // of a whole attempt
	timer  *time.Timer        // of silence; nil: of a whole attempt
	limit  time.Duration
}

func newClock(ctx context.Context, c *Call) (context.Context, clock) {
	if c.Sink == nil || c.Sink.Whole {
		ctx, done := context.WithTimeoutCause(ctx, c.Timeout, ErrAttemptTimeout)
		return ctx, clock{done: done}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, clock{
		cancel: cancel, limit: c.Timeout,
		timer: time.AfterFunc(c.Timeout, func() { cancel(ErrAttemptTimeout) }),
	}
}

// start gives a download its time anew, stop takes the clock off it.
func (k clock) start() {
	if k.timer != nil {
		k.timer.Reset(k.limit)
	}
}

func (k clock) stop() {
	if k.timer != nil {
		k.timer.Stop()
	}
}

func (k clock) end() {
	if k.done != nil {
		k.done()
		return
	}
	k.timer.Stop()
	k.cancel(nil)
}
