package agentmsg

import (
	"context"
	"sync"
	"time"
)

// eventContext is what an event's function and stores get: the event's context,
// with a deadline. It is a context.WithDeadline that is made when somebody asks
// when it ends, for not many do; so it has a channel and a timer only then.
type eventContext struct {
	*handling
	deadline time.Time

	mu     sync.Mutex
	over   bool
	made   context.Context // nil: nobody has asked
	cancel context.CancelFunc
}

func (c *eventContext) Deadline() (time.Time, bool) { return c.deadline, true }
func (c *eventContext) Done() <-chan struct{}       { return c.make().Done() }
func (c *eventContext) Err() error                  { return c.make().Err() }

func (c *eventContext) make() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil {
		c.made, c.cancel = context.WithDeadline(c.handling, c.deadline)
		if c.over {
			c.cancel()
		}
	}
	return c.made
}

// Value asks what was made, where package context looks for whom to tell that
// a context made of this one is there.
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
	c.over = true
	if c.made != nil {
		c.cancel()
	}
}

// isLate is whether the deadline has passed, which asks for nothing to be made.
func (c *eventContext) isLate() bool { return !time.Now().Before(c.deadline) }
