package dedupetest

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentmsg/agentmsg"
)

// many is how many claims come at once.
const many = 100

// together runs f many times at once, on either handle in turn, and reports
// what they return.
func (s *store) together(n int, f func(agentmsg.Deduper) string) {
	s.Helper()
	var all sync.WaitGroup
	start, flaws := make(chan struct{}), make([]string, n)
	for i := range n {
		all.Go(func() {
			<-start
			flaws[i] = f([]agentmsg.Deduper{s.a, s.b}[i%2])
		})
	}
	close(start)
	all.Wait()
	for _, flaw := range flaws {
		if flaw != "" {
			s.Fatal(flaw)
		}
	}
}

// oneOfMany claims the key many times at once; one is granted.
func (s *store) oneOfMany(key string) {
	s.Helper()
	var granted, inFlight atomic.Int64
	s.together(many, func(d agentmsg.Deduper) string {
		c, err := d.Claim(s.Context(), key, long)
		switch c.State {
		case agentmsg.ClaimGranted:
			granted.Add(1)
		case agentmsg.ClaimInFlight:
			inFlight.Add(1)
		}
		return flawOf(c, err, key)
	})
	if granted.Load() != 1 || inFlight.Load() != many-1 {
		s.Errorf("of %d claims at once %d were granted and %d in flight", many, granted.Load(), inFlight.Load())
	}
}

func manyClaims(s *store) { s.oneOfMany(s.key()) }

func manyTakeOver(s *store) {
	lapsed, forgotten := s.key(), s.key()
	s.claim(s.a, lapsed, s.lease, agentmsg.ClaimGranted)
	s.done(s.a, s.granted(s.a, forgotten), s.lease)
	s.rest(2 * s.lease)
	s.oneOfMany(lapsed)
	s.oneOfMany(forgotten)
}

// Claims and releases of one key, on and on: two never hold it.
func manyRuns(s *store) {
	key := s.key()
	var holders, runs atomic.Int64
	s.together(8, func(d agentmsg.Deduper) string {
		for range 50 {
			c, err := d.Claim(s.Context(), key, long)
			if flaw := flawOf(c, err, key); flaw != "" {
				return flaw
			}
			if c.State != agentmsg.ClaimGranted {
				runtime.Gosched()
				continue
			}
			runs.Add(1)
			if holders.Add(1) != 1 {
				return "two held one key"
			}
			runtime.Gosched()
			holders.Add(-1)
			if err := d.Done(s.Context(), c, 0); err != nil {
				return "Done of a claim that is held: " + err.Error()
			}
		}
		return ""
	})
	if runs.Load() == 0 {
		s.Error("nobody was granted the key")
	}
	s.granted(s.a, key)
}

// One event, delivered often at once, runs once.
func manyDeliveries(s *store) {
	key := s.key()
	var runs atomic.Int64
	s.together(20, func(d agentmsg.Deduper) string {
		for began := time.Now(); time.Since(began) < long; s.rest(s.lease / 20) {
			c, err := d.Claim(s.Context(), key, long)
			if flaw := flawOf(c, err, key); flaw != "" {
				return flaw
			}
			switch c.State {
			case agentmsg.ClaimHandled:
				return ""
			case agentmsg.ClaimGranted:
				runs.Add(1)
				if err := d.Done(s.Context(), c, long); err != nil {
					return "Done of a claim that is held: " + err.Error()
				}
			}
		}
		return "the key stays in flight"
	})
	if runs.Load() != 1 {
		s.Errorf("an event that was delivered at once 20 times ran %d times", runs.Load())
	}
}
