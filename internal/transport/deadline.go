package transport

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// Deadline is a context that ends at a time. It is the context.WithDeadlineCause
// that is made when Done or Err is first called: who never waits for its end pays
// for no timer and no channel. Who first asks when both the time has come and the
// parent has ended is told of the parent. Parent is set before all but At is asked.
type Deadline struct {
	Parent context.Context
	At     time.Time
	Cause  error // why, when the time has come; nil: context.DeadlineExceeded

	mu     sync.Mutex
	over   bool            // End came before anything else ended it, and before anybody asked
	made   context.Context // nil: nobody has asked
	cancel context.CancelFunc
}

// Deadline is the earlier one of its own and its parent's.
func (d *Deadline) Deadline() (time.Time, bool) {
	if at, ok := d.Parent.Deadline(); ok && at.Before(d.At) {
		return at, true
	}
	return d.At, true
}

// Done makes the context if need be.
func (d *Deadline) Done() <-chan struct{} { return d.make().Done() }

// Err makes the context if need be.
func (d *Deadline) Err() error { return d.make().Err() }

// String is what package context calls it.
func (d *Deadline) String() string { return "agentmsg: a context with a deadline" }

// Format keeps fmt, whatever the verb, from reading what the mutex is for.
func (d *Deadline) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, d.String()) }

func (d *Deadline) make() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.makeLocked()
}

func (d *Deadline) makeLocked() context.Context {
	switch {
	case d.made != nil:
	case d.over:
		d.made, d.cancel = context.WithCancel(context.WithoutCancel(d.Parent)) // which may have ended since
		d.cancel()
	default:
		d.made, d.cancel = context.WithDeadlineCause(d.Parent, d.At, d.Cause)
	}
	return d.made
}

// Value asks the context that was made, if any: there package context finds what
// a child hangs on without a goroutine.
func (d *Deadline) Value(key any) any {
	d.mu.Lock()
	made := d.made
	d.mu.Unlock()
	if made == nil {
		return d.Parent.Value(key)
	}
	return made.Value(key)
}

// End cancels it. Only what ended it before must be found out now.
func (d *Deadline) End() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made == nil && !d.IsLate() && d.Parent.Err() == nil {
		d.over = true
		return
	}
	d.makeLocked()
	d.cancel()
}

// IsLate is whether the time has come, which asks for nothing to be made.
func (d *Deadline) IsLate() bool { return time.Until(d.At) <= 0 }
