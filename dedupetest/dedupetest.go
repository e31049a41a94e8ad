// Package dedupetest is the suite that every [agentmsg.Deduper] passes. Run it
// on a store of your own, in a test:
//
//	func TestDeduper(t *testing.T) {
//		dedupetest.Run(t, func(tb testing.TB) agentmsg.Deduper {
//			return newRedisDeduper(tb)
//		}, dedupetest.WithTwoHandles())
//	}
//
// The suite needs no empty store: its keys begin with random text, but for the
// empty one, which it releases. What it leaves in the store ends by itself
// within a minute. Under the race detector it finds what is not safe for
// concurrent use.
package dedupetest

import (
	"crypto/rand"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
)

const (
	defaultLease = 100 * time.Millisecond
	maxLease     = 5 * time.Second
	// long is a lease or keep that no check outlasts: none rests for more than
	// ten short leases.
	long = time.Minute
)

// Option changes how [Run] works.
type Option func(*config)

type config struct {
	lease  time.Duration
	twice  bool
	bubble bool
}

// WithLease sets the lease and the keep of which the suite awaits the end,
// some 15 times: 100 ms by default, at most 5 s. It must be long beside one
// call and beside the grain of the store's clock: 2 s for a store that rounds
// up to whole seconds.
func WithLease(d time.Duration) Option { return func(c *config) { c.lease = d } }

// WithTwoHandles says that what open returns in one test are handles of one
// store, as two processes have them: it is called twice for each check, and
// what one handle claims is asked for by the other.
func WithTwoHandles() Option { return func(c *config) { c.twice = true } }

// WithBubble runs each check in a bubble of testing/synctest, where waiting
// takes no time. It is for what takes its time from package time and does no
// I/O. open runs in the bubble.
func WithBubble() Option { return func(c *config) { c.bubble = true } }

// Run runs each check of the suite as a subtest of t, one after the other.
// It calls open for each check, once unless [WithTwoHandles] is given, and
// closes nothing: open does that by tb.Cleanup.
func Run(t *testing.T, open func(tb testing.TB) agentmsg.Deduper, opts ...Option) {
	t.Helper()
	c := config{lease: defaultLease}
	for _, opt := range opts {
		opt(&c)
	}
	if c.lease <= 0 || c.lease > maxLease {
		t.Fatalf("dedupetest: WithLease(%v): the lease must be positive, and at most %v", c.lease, maxLease)
	}
	for _, check := range checks {
		t.Run(check.name, func(t *testing.T) {
			run := func(t *testing.T) { check.run(c.store(t, open)) }
			if c.bubble {
				synctest.Test(t, run)
			} else {
				run(t)
			}
		})
	}
}

// checks are the promises of a Deduper; each has a store of its own.
var checks = []struct {
	name string
	run  func(*store)
}{
	{"OneHolder", oneHolder},
	{"Handled", handled},
	{"Released", released},
	{"DoneTwice", doneTwice},
	{"NotHeld", notHeld},
	{"Tokens", tokens},
	{"Keys", keys},
	{"EndedContext", endedContext},
	{"NoLease", noLease},
	{"LeaseEnds", leaseEnds},
	{"LeaseEndsUnnoticed", leaseEndsUnnoticed},
	{"LateDone", lateDone},
	{"RenewProlongs", renewProlongs},
	{"RenewCountsFromNow", renewCountsFromNow},
	{"KeepEnds", keepEnds},
	{"KeepOutlastsLease", keepOutlastsLease},
	{"ManyClaims", manyClaims},
	{"ManyTakeOver", manyTakeOver},
	{"ManyRuns", manyRuns},
	{"ManyDeliveries", manyDeliveries},
}

// store is what a check works on.
type store struct {
	testing.TB
	a, b  agentmsg.Deduper // two handles, or one twice
	lease time.Duration    // short: its end is awaited
	text  string           // what its keys begin with
	keys  int
}

func (c config) store(tb testing.TB, open func(testing.TB) agentmsg.Deduper) *store {
	s := &store{TB: tb, lease: c.lease, text: "dedupetest " + rand.Text() + " "}
	s.a = open(tb)
	s.b = s.a
	if c.twice {
		s.b = open(tb)
	}
	return s
}

// key is one that was not used before.
func (s *store) key() string {
	s.keys++
	return s.text + strconv.Itoa(s.keys)
}

// rest lets time go by.
func (s *store) rest(d time.Duration) { <-time.After(d) }
