package transport

import (
	"context"
	"time"
)

// clock ends an attempt that takes too long. Of a call it bounds the whole
// attempt, and of a download whose Sink says so; of any other download, which
// has no bound, the time to the header and then the longest time without a byte.
type clock struct {
	whole   *Deadline // of the attempt; nil: it is bounded by silence
	silence *silence
}

// silence is the longest time without a byte.
type silence struct {
	timer  *time.Timer
	limit  time.Duration
	cancel context.CancelCauseFunc
}

func newClock(ctx context.Context, c *Call) (context.Context, clock) {
	if c.Sink == nil || c.Sink.Whole {
		whole := &Deadline{Parent: ctx, At: time.Now().Add(c.Timeout), Cause: ErrAttemptTimeout}
		return whole, clock{whole: whole}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(c.Timeout, func() { cancel(ErrAttemptTimeout) })
	return ctx, clock{silence: &silence{timer, c.Timeout, cancel}}
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

func (k clock) end() {
	if k.silence == nil {
		k.whole.End()
		return
	}
	k.silence.timer.Stop()
	k.silence.cancel(nil)
}
