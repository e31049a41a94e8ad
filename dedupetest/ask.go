package dedupetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/agentmsg/agentmsg"
)

// claim asks for the key, and wants this answer.
func (s *store) claim(d agentmsg.Deduper, key string, lease time.Duration, want agentmsg.ClaimState) agentmsg.Claim {
	s.Helper()
	c, err := d.Claim(s.Context(), key, lease)
	if flaw := flawOf(c, err, key); flaw != "" {
		s.Fatal(flaw)
	}
	if c.State != want {
		s.Fatalf("Claim of %.80q is %v, want %v", key, c.State, want)
	}
	return c
}

// flawOf says what is wrong with an answer, whatever the state should be.
func flawOf(c agentmsg.Claim, err error, key string) string {
	switch {
	case err != nil && c != agentmsg.Claim{}:
		return fmt.Sprintf("Claim returned both a claim that is %v and the error %v", c.State, err)
	case err != nil:
		return fmt.Sprintf("Claim: %v", err)
	case c.Key != key:
		return fmt.Sprintf("Claim of %.80q is one of %.80q", key, c.Key)
	case c.State == agentmsg.ClaimGranted && c.Token == "":
		return "a granted claim has no token"
	case c.State != agentmsg.ClaimGranted && c.Token != "":
		return fmt.Sprintf("a claim that is %v has a token", c.State)
	}
	return ""
}

func (s *store) granted(d agentmsg.Deduper, key string) agentmsg.Claim {
	s.Helper()
	return s.claim(d, key, long, agentmsg.ClaimGranted)
}

// wants asks both handles for a key that is in this state.
func (s *store) wants(key string, state agentmsg.ClaimState) {
	s.Helper()
	s.claim(s.a, key, long, state)
	s.claim(s.b, key, long, state)
}

func (s *store) done(d agentmsg.Deduper, c agentmsg.Claim, keep time.Duration) {
	s.Helper()
	if err := d.Done(s.Context(), c, keep); err != nil {
		s.Fatalf("Done of a claim that is held, with a keep of %v: %v", keep, err)
	}
}

func (s *store) renew(d agentmsg.Deduper, c agentmsg.Claim, lease time.Duration) {
	s.Helper()
	if err := d.Renew(s.Context(), c, lease); err != nil {
		s.Fatalf("Renew of a claim that is held: %v", err)
	}
}

// lost wants that the claim can be neither renewed nor ended; a store that
// lets it nevertheless shows in what it answers next.
func (s *store) lost(c agentmsg.Claim, which string) {
	s.Helper()
	for _, d := range []agentmsg.Deduper{s.a, s.b} {
		if err := d.Renew(s.Context(), c, long); !errors.Is(err, agentmsg.ErrLeaseLost) {
			s.Errorf("Renew of %s: %v, want ErrLeaseLost", which, err)
		}
		for _, keep := range []time.Duration{long, 0} {
			if err := d.Done(s.Context(), c, keep); !errors.Is(err, agentmsg.ErrLeaseLost) {
				s.Errorf("Done of %s, with a keep of %v: %v, want ErrLeaseLost", which, keep, err)
			}
		}
	}
}

// frees asks for a key until it is granted: not before s.lease has gone by
// since began, and not much later; until then it is in this state. A tenth is
// allowed for the grain of the store's clock.
func (s *store) frees(key string, until agentmsg.ClaimState, began time.Time) agentmsg.Claim {
	s.Helper()
	for {
		c, err := s.b.Claim(s.Context(), key, long)
		if flaw := flawOf(c, err, key); flaw != "" {
			s.Fatal(flaw)
		}
		took := time.Since(began)
		switch {
		case c.State == agentmsg.ClaimGranted && took < s.lease-s.lease/10:
			s.Fatalf("the key was free after %v, and %v were promised", took, s.lease)
		case c.State == agentmsg.ClaimGranted:
			return c
		case c.State != until:
			s.Fatalf("the key is %v, want %v until it is free", c.State, until)
		case took > 10*s.lease:
			s.Fatalf("the key is still %v after %v, and %v were asked for", c.State, took, s.lease)
		}
		s.rest(s.lease / 20)
	}
}

// inTime claims a key for the short lease and takes a step while that lives. A
// machine that was too slow for it gets more tries.
func (s *store) inTime(step func(agentmsg.Claim) error) (key string) {
	s.Helper()
	for range 5 {
		key = s.key()
		began := time.Now()
		err := step(s.claim(s.a, key, s.lease, agentmsg.ClaimGranted))
		if err == nil {
			return key
		}
		if took := time.Since(began); !errors.Is(err, agentmsg.ErrLeaseLost) || took < s.lease-s.lease/10 {
			s.Fatalf("%v after %v of a lease of %v", err, took, s.lease)
		}
	}
	s.Fatalf("the store is too slow for a lease of %v: give WithLease a longer one", s.lease)
	return ""
}
