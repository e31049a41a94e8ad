package dedupetest

import (
	"time"

	"github.com/agentmsg/agentmsg"
)

func noLease(s *store) {
	for _, lease := range []time.Duration{0, -time.Second} {
		key := s.key()
		if c, err := s.a.Claim(s.Context(), key, lease); err == nil {
			s.lost(c, "a claim without a lease")
		}
		s.granted(s.b, key)
	}
}

// The holder is dead, or slow, and another takes over. What the first one does
// then changes nothing.
func leaseEnds(s *store) {
	key, began := s.key(), time.Now()
	old := s.claim(s.a, key, s.lease, agentmsg.ClaimGranted)
	next := s.frees(key, agentmsg.ClaimInFlight, began)
	if next.Token == old.Token {
		s.Errorf("two claims of one key have the token %q", old.Token)
	}
	s.lost(old, "a claim whose key another holds")
	s.wants(key, agentmsg.ClaimInFlight)
	s.renew(s.b, next, long)
	s.done(s.b, next, long)
	s.lost(old, "a claim whose key another has handled")
	s.wants(key, agentmsg.ClaimHandled)
}

// A lease is over also while nobody else asks.
func leaseEndsUnnoticed(s *store) {
	key := s.key()
	old := s.claim(s.a, key, s.lease, agentmsg.ClaimGranted)
	s.rest(2 * s.lease)
	s.lost(old, "a claim whose lease is over")
	c := s.granted(s.b, key)
	s.lost(old, "a claim whose key another holds")
	s.done(s.b, c, 0)
	s.lost(old, "a claim whose key another has released")
	s.granted(s.a, key)
}

// A renewed lease ends too, and a Done that comes too late marks nothing.
func lateDone(s *store) {
	key := s.key()
	c := s.granted(s.a, key)
	s.renew(s.a, c, s.lease)
	s.rest(2 * s.lease)
	s.lost(c, "a claim whose renewed lease is over")
	s.granted(s.b, key)
}

func renewProlongs(s *store) {
	var held agentmsg.Claim
	key := s.inTime(func(c agentmsg.Claim) error {
		held = c
		return s.b.Renew(s.Context(), c, long)
	})
	s.rest(2 * s.lease)
	s.wants(key, agentmsg.ClaimInFlight)
	s.done(s.a, held, long)
	s.wants(key, agentmsg.ClaimHandled)
}

// A holder that renews early and dies must not hold its key for the sum.
func renewCountsFromNow(s *store) {
	key := s.key()
	c := s.granted(s.a, key)
	began := time.Now()
	s.renew(s.a, c, s.lease)
	s.frees(key, agentmsg.ClaimInFlight, began)
}

func keepEnds(s *store) {
	key := s.key()
	c := s.granted(s.a, key)
	began := time.Now()
	s.done(s.a, c, s.lease)
	next := s.frees(key, agentmsg.ClaimHandled, began)
	s.lost(c, "a claim that was done and forgotten")
	s.done(s.b, next, long)
	s.wants(key, agentmsg.ClaimHandled)
}

func keepOutlastsLease(s *store) {
	key := s.inTime(func(c agentmsg.Claim) error { return s.b.Done(s.Context(), c, long) })
	s.rest(2 * s.lease)
	s.wants(key, agentmsg.ClaimHandled)
}
