package agentmsg

import (
	"context"
	"sync"
	"time"
)

// eventContext is what an event's function and stores get: the event's context,
// with a deadline. It is a context.WithDeadline that is made when Done or Err is
// first called, which few do; so it has a channel and a timer only then.
type eventContext struct {
	*handling
	deadline time.Time

	mu     sync.Mutex
	over   bool            // it ended before the deadline
	made   context.Context // nil: nobody has asked
	cancel context.CancelFunc
}

func (c *eventContext) Deadline() (time.Time, bool) { return c.deadline, true }
func (c *eventContext) Done() <-chan struct{}       { return c.make().Done() }
func (c *eventContext) Err() error                  { return c.make().Err() }

// String keeps fmt from reading what the mutex is for.
func (c *eventContext) String() string { return "agentmsg: an event's context" }

func (c *eventContext) make() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.made != nil:
	case c.over:
		c.made, c.cancel = context.WithCancel(c.handling)
		c.cancel()
	default:
		c.made, c.cancel = context.WithDeadline(c.handling, c.deadline)
	}
	return c.made
}

// Value asks the context that was made, if any: there package context finds what
// a child hangs on without a goroutine.
func (c *eventContext) Value(key any) any {
	c.mu.Lock()
	made := c.made
	c.mu.Unlock()
	if made == nil {
		return c.handling.Value(key)
	}
	return made.Value(key)
}

// end cancels it.
func (c *eventContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = !c.isLate()
	if c.made != nil {
		c.cancel()
	}
}

// isLate is whether the deadline has passed, which asks for nothing to be made.
func (c *eventContext) isLate() bool { return !time.Now().Before(c.deadline) }
