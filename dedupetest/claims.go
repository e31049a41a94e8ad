package dedupetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/agentmsg/agentmsg"
)

func oneHolder(s *store) {
	key := s.key()
	c := s.granted(s.a, key)
	s.wants(key, agentmsg.ClaimInFlight)
	s.renew(s.b, c, long)
	s.wants(key, agentmsg.ClaimInFlight)
	s.granted(s.b, s.key())
}

func handled(s *store) {
	key := s.key()
	s.done(s.b, s.granted(s.a, key), long)
	s.wants(key, agentmsg.ClaimHandled)
}

func released(s *store) {
	key := s.key()
	for _, keep := range []time.Duration{0, -time.Second} {
		c := s.granted(s.a, key)
		s.done(s.b, c, keep)
		s.lost(c, "a claim that was released")
	}
	c := s.granted(s.b, key)
	s.lost(agentmsg.Claim{Key: key}, "nobody's claim")
	s.done(s.a, c, long)
	s.wants(key, agentmsg.ClaimHandled)
}

func doneTwice(s *store) {
	key := s.key()
	c := s.granted(s.a, key)
	s.done(s.a, c, long)
	s.lost(c, "a claim that is done")
	s.wants(key, agentmsg.ClaimHandled)
}

func notHeld(s *store) {
	key, other := s.key(), s.key()
	s.lost(agentmsg.Claim{}, "the zero Claim")
	s.lost(agentmsg.Claim{Key: key, Token: "1", State: agentmsg.ClaimGranted}, "a claim of a key that nobody claimed")
	c := s.granted(s.a, key)
	s.lost(s.claim(s.b, key, long, agentmsg.ClaimInFlight), "a claim that was not granted")
	s.lost(agentmsg.Claim{Key: key, Token: c.Token + "0", State: agentmsg.ClaimGranted}, "a claim with another token")
	s.lost(agentmsg.Claim{Key: other, Token: c.Token, State: agentmsg.ClaimGranted}, "a claim of another key")
	s.wants(key, agentmsg.ClaimInFlight)
	s.granted(s.b, other)
	s.done(s.a, c, long)
	s.lost(s.claim(s.b, key, long, agentmsg.ClaimHandled), "a claim of a handled key")
	s.wants(key, agentmsg.ClaimHandled)
}

// Each claim of a key has a token of its own, or who comes too late would end
// another's.
func tokens(s *store) {
	key := s.key()
	seen := map[string]bool{}
	for range 20 {
		c := s.granted(s.a, key)
		if seen[c.Token] {
			s.Fatalf("two claims of one key have the token %q", c.Token)
		}
		seen[c.Token] = true
		s.done(s.a, c, 0)
	}
}

// Keys that a store might take for one another, or not take at all.
func keys(s *store) {
	defer func() {
		if s.Failed() {
			s.Log("a key is any bytes and any length: a store that cannot hold such keys holds their hash")
		}
	}()
	if c, err := s.a.Claim(s.Context(), "", time.Second); err != nil {
		s.Errorf("Claim of the empty key: %v", err)
	} else if c.State == agentmsg.ClaimGranted {
		s.done(s.a, c, 0)
	}
	var claims []agentmsg.Claim
	for _, end := range alike() {
		c := s.granted(s.a, s.text+end)
		s.claim(s.b, c.Key, long, agentmsg.ClaimInFlight)
		claims = append(claims, c)
	}
	for i, c := range claims {
		s.done(s.b, c, time.Duration(i%2)*long)
	}
	for i, c := range claims {
		s.claim(s.a, c.Key, long, []agentmsg.ClaimState{agentmsg.ClaimGranted, agentmsg.ClaimHandled}[i%2])
	}
}

func alike() []string {
	var text []byte // 8 KiB, more than an index of a database takes, that cannot be compressed
	for sum := sha256.Sum256(nil); len(text) < 8<<10; sum = sha256.Sum256(sum[:]) {
		text = hex.AppendEncode(text, sum[:])
	}
	return []string{
		"", "a", "A", "a ", "a\t", "a\n", "a\x00", "a\x00b", "a/b", "a%2Fb", "a%", "a_", "a*", "a?b", "a:b", "{a}b",
		"a'b", `a"b`, `a\b`, "á", "a\u0301", "ß", "ss", "🙂", "🙃", "\xff", "\xfe", "\ufffd",
		string(text), string(text) + "1", string(text) + "2",
	}
}

// A context that has ended may be obeyed or not be looked at.
func endedContext(s *store) {
	ended, cancel := context.WithCancel(s.Context())
	cancel()
	began := time.Now()
	key := s.key()
	held := s.granted(s.a, key)
	if c, err := s.b.Claim(ended, key, long); err == nil && c.State != agentmsg.ClaimInFlight {
		s.Errorf("Claim of a key in flight, with an ended context, is %v", c.State)
	}
	if err := s.a.Renew(ended, held, long); errors.Is(err, agentmsg.ErrLeaseLost) {
		s.Errorf("Renew of a claim that is held, with an ended context: %v", err)
	}
	if err := s.b.Done(ended, held, long); errors.Is(err, agentmsg.ErrLeaseLost) {
		s.Errorf("Done of a claim that is held, with an ended context: %v", err)
	}
	key = s.key()
	c, err := s.a.Claim(ended, key, long)
	switch {
	case err == nil && c.State != agentmsg.ClaimGranted:
		s.Errorf("Claim of a free key, with an ended context, is %v", c.State)
	case err != nil && c != agentmsg.Claim{}:
		s.Errorf("Claim with an ended context returned both a claim that is %v and the error %v", c.State, err)
	case err == nil:
		s.done(s.b, c, 0)
		s.granted(s.a, key)
	}
	if took := time.Since(began); took > 10*time.Second {
		s.Errorf("with an ended context the calls took %v", took)
	}
}
