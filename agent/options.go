package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/agentmsg/agentmsg"
)

const (
	defaultQuiet         = 3 * time.Second
	defaultAnswerTimeout = 60 * time.Second
)

// Option is an option of [NewMAIA] and [NewBluBash]. Options are applied in
// order, each is checked at once, and the later wins. BluBash answers in its
// call: only [WithAnswerTimeout] means something to it.
type Option func(*config) error

type config struct {
	op         agentmsg.Op // the constructor, for errors
	tenant     string
	waiters    Waiters
	quiet      time.Duration
	timeout    time.Duration // 0: none was given
	maxReplies int           // 0: no bound
	unmatched  func(context.Context, agentmsg.Event) error
}

func newConfig(op agentmsg.Op, c *agentmsg.Client, opts []Option) (config, error) {
	cfg := config{op: op, quiet: defaultQuiet}
	if c == nil {
		return cfg, cfg.invalid("c", "is nil: make a client with agentmsg.NewClient")
	}
	for _, opt := range opts {
		if opt == nil {
			return cfg, cfg.invalid("opts", "has a nil option: leave it out")
		}
		if err := opt(&cfg); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

func (c *config) invalid(param, reason string) error {
	return &agentmsg.ParamError{Op: c.op, Param: param, Reason: reason, Code: agentmsg.ErrInvalidParam}
}

// WithTenant names the [agentmsg.Tenant] whose questions these are: events of
// other tenants are not taken, be the session the same. Without it, events of
// a handler that has tenants are not taken.
func WithTenant(id string) Option {
	return func(c *config) error {
		if id == "" {
			return c.invalid("WithTenant", "has an empty id: give the ID of the agentmsg.Tenant, or leave the option out")
		}
		c.tenant = id
		return nil
	}
}

// WithWaiters says where it is kept who waits for which session. The default
// is a [MemoryWaiters] of its own; one that several agents share, or a store
// of yours that several processes do, lets the webhook reach another than the
// one that asks.
func WithWaiters(w Waiters) Option {
	return func(c *config) error {
		memory, ok := w.(*MemoryWaiters)
		if w == nil || ok && memory == nil {
			return c.invalid("WithWaiters", "has nil waiters: leave the option out to wait in memory")
		}
		c.waiters = w
		return nil
	}
}

// WithQuiet ends an answer when no further part has come for so long; default
// 3 s. It must be more than the delay by which the channel splits its answers,
// or they are cut. So long the session is also left alone before a question
// when the one before did not end that way.
func WithQuiet(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return c.invalid("WithQuiet", fmt.Sprintf("has %v: give a positive time; a channel that does not split needs WithMaxReplies(1) instead", d))
		}
		c.quiet = d
		return nil
	}
}

// WithAnswerTimeout is how long to wait for the first reply once the question
// is sent; default 60 s. BluBash: how long the call may take, by default what
// the client allows (120 s an attempt).
func WithAnswerTimeout(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return c.invalid("WithAnswerTimeout", fmt.Sprintf("has %v: give a positive time", d))
		}
		c.timeout = d
		return nil
	}
}

// WithMaxReplies ends an answer with its nth part; by default their number has
// no bound. Give 1 for a channel that does not split its answers: then an
// answer is there with its one part, no quiet window follows it, and the next
// question waits for none.
func WithMaxReplies(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return c.invalid("WithMaxReplies", fmt.Sprintf("has %d: give 1 or more, or leave the option out", n))
		}
		c.maxReplies = n
		return nil
	}
}

// WithUnmatched gives f what was acknowledged on behalf of a question and is
// no part of its answer, before Ask or Replies returns: give the function of
// the webhook handler. It is for [Waiters] that several processes share, and
// for Replies that is broken off, which has no other place for them; within
// one process such an event goes to the handler's function by itself. Where f
// fails, Ask has the event in Unmatched. f's context has the values of Ask's
// and ends after 8 s. By default Ask has them all in Unmatched, and Replies
// drops them.
func WithUnmatched(f func(ctx context.Context, ev agentmsg.Event) error) Option {
	return func(c *config) error {
		if f == nil {
			return c.invalid("WithUnmatched", "has a nil function: leave the option out")
		}
		c.unmatched = f
		return nil
	}
}
