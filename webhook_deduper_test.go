package agentmsg_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg"
)

// scripted is a MemoryDeduper of which a test writes what it wants otherwise,
// by the number of the call. It keeps what it was asked.
type scripted struct {
	agentmsg.MemoryDeduper
	onClaim func(ctx context.Context, n int) (agentmsg.Claim, error)
	onRenew func(n int) error // nil, as an error of its: the memory's follows
	onDone  func(ctx context.Context, n int) error

	began time.Time
	mu    sync.Mutex
	asked []asked
}

// asked is one call.
type asked struct {
	at   time.Duration // since the deduper was made
	what string        // claim, renew or done
	key  string
	time time.Duration // the lease or the keep
}

func (a asked) String() string { return fmt.Sprintf("%v %s %v", a.at, a.what, a.time) }

func newScripted() *scripted { return &scripted{began: time.Now()} }

// note keeps a call, and returns how many there were of its kind.
func (s *scripted) note(what, key string, d time.Duration) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, asked{time.Since(s.began), what, key, d})
	for _, a := range s.asked {
		if a.what == what {
			n++
		}
	}
	return n
}

// of are the calls of one kind.
func (s *scripted) of(what string) []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.asked), func(a asked) bool { return a.what != what })
}

func (s *scripted) times(what string) int { return len(s.of(what)) }

// calls are all of them, in words.
func (s *scripted) calls() (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.asked {
		lines = append(lines, a.String())
	}
	return lines
}

// claimed are the keys that were asked for.
func (s *scripted) claimed() (keys []string) {
	for _, a := range s.of("claim") {
		keys = append(keys, a.key)
	}
	return keys
}

// keeps are how long each Done was to be remembered.
func (s *scripted) keeps() (keeps []time.Duration) {
	for _, a := range s.of("done") {
		keeps = append(keeps, a.time)
	}
	return keeps
}

func (s *scripted) Claim(ctx context.Context, key string, lease time.Duration) (agentmsg.Claim, error) {
	n := s.note("claim", key, lease)
	if s.onClaim != nil {
		return s.onClaim(ctx, n)
	}
	return s.MemoryDeduper.Claim(ctx, key, lease)
}

func (s *scripted) Renew(ctx context.Context, c agentmsg.Claim, lease time.Duration) error {
	n := s.note("renew", c.Key, lease)
	if s.onRenew != nil {
		if err := s.onRenew(n); err != nil {
			return err
		}
	}
	return s.MemoryDeduper.Renew(ctx, c, lease)
}

func (s *scripted) Done(ctx context.Context, c agentmsg.Claim, keep time.Duration) error {
	n := s.note("done", c.Key, keep)
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.onDone != nil {
		if err := s.onDone(ctx, n); err != nil {
			return err
		}
	}
	return s.MemoryDeduper.Done(ctx, c, keep)
}
