package agent

import (
	"context"

	"github.com/agentmsg/agentmsg"
)

// Waiters know which session is waited for, and hold what comes for it until
// the one who waits takes it. [MemoryWaiters] do so for one process; processes
// that share the webhooks share a store. Its types are strings and the root
// package's, so that a store need not import this package.
//
// A key is opaque: any bytes and any length; it tells tenant and session.
// Each method obeys ctx where it waits for anything. An implementation is safe
// for concurrent use.
type Waiters interface {
	// Open waits until no waiter of the key is open, in the order of the
	// calls and across processes, and opens one. When ctx ends first, it has
	// opened none: what was offered to a waiter that nobody closes is lost.
	// The waiter is a lease that lives while its holder does:
	// the holder's death frees the key.
	Open(ctx context.Context, key string) (Waiter, error)
	// Offer gives an event to the key's open waiter. taken: the store has it
	// for good, now or since an earlier Offer of the same event to that
	// waiter; false: no waiter is open, and nothing was kept. With an error
	// it may have been kept; a repeat is safe. It does not wait for the one
	// who waits.
	Offer(ctx context.Context, key string, ev agentmsg.Event) (taken bool, err error)
}

// Waiter is one who waits. It is an alias: a store spells it out.
type Waiter = interface {
	// Next returns what was offered since Open, in that order, each message
	// id once (each DedupeKey of an [agentmsg.Event]), and waits where there
	// is nothing. An error says that the waiter is closed or its lease lost,
	// or is the context's.
	Next(ctx context.Context) (agentmsg.Event, error)
	// Close ends the waiter, lets the next one of the key in, and gives back
	// what Next never took. A repeat is safe, and gives back nothing.
	Close(ctx context.Context) ([]agentmsg.Event, error)
}
