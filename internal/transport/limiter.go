package transport

import (
	"container/list"
	"context"
	"math"
	"sync"
	"time"
)

// Window allows Limit passes in each span of length Per.
type Window struct {
	Limit int
	Per   time.Duration
}

// SlidingLog is an exact limiter: whatever span of a window's length one
// looks at, no more passes than the window's limit lie in it. It serves its
// callers in their order and needs no goroutine: a timer belongs to the one
// at the head.
type SlidingLog struct {
	windows []Window

	mu     sync.Mutex
	passed passes     // the times of the last passes, oldest first
	queue  *list.List // of *place
	timer  *time.Timer
}

// place is a caller's, in the queue.
type place struct {
	through chan struct{} // closed to let the caller through
	from    time.Time     // and not before
}

// NewSlidingLog returns a limiter that holds all the windows at once.
func NewSlidingLog(windows []Window) *SlidingLog {
	most := 0
	for _, w := range windows {
		most = max(most, w.Limit)
	}
	return &SlidingLog{windows: windows, passed: passes{keep: most}, queue: list.New()}
}

// Wait returns when the caller may pass, in the order of the callers. It
// fails at once when that would be after the context's deadline.
func (l *SlidingLog) Wait(ctx context.Context) error { return l.WaitAtMost(ctx, math.MaxInt64) }

// WaitAtMost is Wait with one more bound.
func (l *SlidingLog) WaitAtMost(ctx context.Context, most time.Duration) error {
	return l.WaitFrom(ctx, time.Time{}, most)
}

// WaitFrom is WaitAtMost for a caller that must not pass before a time. It
// holds up those behind it: they are served in their order.
func (l *SlidingLog) WaitFrom(ctx context.Context, from time.Time, most time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	now := time.Now()
	mine := place{from: from}
	if l.queue.Len() == 0 && !l.next(now, nil, mine).After(now) {
		l.passed.add(now)
		l.mu.Unlock()
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok || most < math.MaxInt64 {
		if turn := l.turn(now, mine); turn.Sub(now) > most || ok && !turn.Before(deadline) {
			l.mu.Unlock()
			return ErrRateLimited
		}
	}
	mine.through = make(chan struct{})
	inLine := l.queue.PushBack(mine)
	if l.queue.Front() == inLine {
		l.arm(now)
	}
	l.mu.Unlock()
	select {
	case <-mine.through:
		return nil
	case <-ctx.Done():
		return l.leave(inLine, ctx.Err())
	}
}

// Charge counts a pass that nobody asked for. Those who wait, wait for its
// sake too.
func (l *SlidingLog) Charge() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.passed.add(time.Now())
}

// leave gives the place up, unless it was served at the same moment: the pass
// is spent then, and the caller may as well use it.
func (l *SlidingLog) leave(inLine *list.Element, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-inLine.Value.(place).through:
		return nil
	default:
	}
	head := l.queue.Front() == inLine
	l.queue.Remove(inLine)
	if head {
		l.arm(time.Now())
	}
	return err
}

// serve lets through whoever may pass now. A timer may fire late, never
// early, so the log has the true times.
func (l *SlidingLog) serve() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for l.queue.Len() > 0 && !l.next(now, nil, l.head()).After(now) {
		l.passed.add(now)
		close(l.queue.Remove(l.queue.Front()).(place).through)
	}
	l.arm(now)
}

func (l *SlidingLog) head() place { return l.queue.Front().Value.(place) }

// arm sets the timer for the one at the head.
func (l *SlidingLog) arm(now time.Time) {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if l.queue.Len() > 0 {
		l.timer = time.AfterFunc(l.next(now, nil, l.head()).Sub(now), l.serve)
	}
}

// turn is when one more caller passes, if those in the queue pass as soon as
// they may.
func (l *SlidingLog) turn(now time.Time, last place) time.Time {
	planned := make([]time.Time, 0, l.queue.Len())
	at := now
	for e := l.queue.Front(); e != nil; e = e.Next() {
		at = l.next(at, planned, e.Value.(place))
		planned = append(planned, at)
	}
	return l.next(at, planned, last)
}

// next is the soonest time, from at on, for one more pass after those that
// were and those that are planned.
func (l *SlidingLog) next(at time.Time, planned []time.Time, p place) time.Time {
	if p.from.After(at) {
		at = p.from
	}
	for _, w := range l.windows {
		before, ok := l.back(w.Limit, planned)
		if t := before.Add(w.Per); ok && t.After(at) {
			at = t
		}
	}
	return at
}

// back is the nth pass from the end; false: there are not so many.
func (l *SlidingLog) back(n int, planned []time.Time) (time.Time, bool) {
	if n <= len(planned) {
		return planned[len(planned)-n], true
	}
	return l.passed.back(n - len(planned))
}

// passes is a ring of the last times.
type passes struct {
	keep  int
	times []time.Time
	start int
}

func (p *passes) add(t time.Time) {
	if len(p.times) < p.keep {
		p.times = append(p.times, t)
		return
	}
	p.times[p.start] = t
	p.start = (p.start + 1) % p.keep
}

// back is the nth time from the end; false: there are not so many.
func (p *passes) back(n int) (time.Time, bool) {
	if n > len(p.times) {
		return time.Time{}, false
	}
	return p.times[(p.start+len(p.times)-n)%len(p.times)], true
}

// admit waits until the endpoint's limits let one more request through. What
// the server said of its own window counts only where the client is limited.
func (e *Endpoint) admit(ctx context.Context) error {
	if e.Limiter == nil {
		return nil
	}
	if own, ok := e.Limiter.(interface {
		WaitFrom(ctx context.Context, from time.Time, most time.Duration) error
	}); ok {
		return own.WaitFrom(ctx, e.State.thawed(time.Now(), e.MaxRetryAfter), e.MaxRetryAfter)
	}
	if err := e.State.thaw(ctx, e.MaxRetryAfter); err != nil {
		return err
	}
	// A limiter that looks at the deadline fails at once where it would have
	// to wait beyond this one.
	bounded, cancel := context.WithTimeout(ctx, e.MaxRetryAfter)
	defer cancel()
	err := e.Limiter.Wait(bounded)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil: // an end that the caller knows nothing of
		return ErrRateLimited
	}
	return &LimiterError{err}
}
