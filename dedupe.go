package agentmsg

import (
	"context"
	"strconv"
	"time"
)

// Deduper remembers which events were handled and which are being handled, so
// that what is delivered twice runs once. [MemoryDeduper] is one for a single
// process; processes that share the deliveries share a store. Package
// dedupetest is the suite that each passes.
//
// Claim a key, work, and end with Done:
//
//	claim, err := deduper.Claim(ctx, key, 3*time.Second)
//	if err != nil || claim.State != agentmsg.ClaimGranted {
//		return // the store is down, somebody is at it, or it is handled
//	}
//	err = handle(ctx, event) // Renew once a second, while it runs
//	keep := 24 * time.Hour
//	if err != nil {
//		keep = 0 // the next delivery runs again
//	}
//	err = deduper.Done(context.WithoutCancel(ctx), claim, keep)
//
// A key is opaque: any bytes and any length, the empty one too; those that
// differ in one byte are two keys. A store that cannot hold such keys holds
// their hash.
//
// Leases and keeps are counted by the store's clock, from the call. An
// implementation is safe for concurrent use, and obeys ctx where it waits for
// anything. An error that is not [ErrLeaseLost] says that the store could not
// be asked; what was to be changed may have been.
type Deduper interface {
	// Claim asks for the key. It never waits for another's claim: it returns
	//
	//	ClaimGranted   the key is the caller's until the lease ends
	//	ClaimInFlight  somebody else's lease lives; ask again later
	//	ClaimHandled   it is handled, and still remembered
	//
	// At most one holds a key at a time. Once a lease is over, nobody's Renew
	// and no Done having come, the key is free and the next Claim is granted,
	// with another token. A lease that is not positive holds nothing: it is
	// over at once, or an error. A repeated Claim of one's own is
	// ClaimInFlight. With an error the Claim is zero.
	Claim(ctx context.Context, key string, lease time.Duration) (Claim, error)
	// Renew lets the claim end one lease from now, be that later or sooner
	// than it was. It returns [ErrLeaseLost], having changed nothing, once
	// the claim is not held: its lease is over, whether or not another holds
	// the key since, it is done, or it was never granted. A repeat is safe.
	Renew(ctx context.Context, c Claim, lease time.Duration) error
	// Done ends the claim: the key is handled, and remembered for keep. With a
	// keep of 0 or less it is released instead: the next Claim is granted. It
	// returns [ErrLeaseLost] as Renew does, having changed nothing. A repeat
	// is safe: the second one is [ErrLeaseLost].
	Done(ctx context.Context, c Claim, keep time.Duration) error
}

// Claim is what a [Deduper] answers. It is a value: it may be copied, and may
// be given back by another goroutine. The zero Claim is nobody's.
type Claim struct {
	// Key is the one that was asked for.
	Key string
	// Token tells this claim from all others of its key; opaque. It is empty
	// unless State is ClaimGranted.
	Token string
	// State says whether the caller may work.
	State ClaimState
}

// ClaimState is what became of a [Claim].
type ClaimState int

// The states. Only ClaimGranted allows to work: take what you do not know for
// a failure of the store.
const (
	// ClaimGranted: the key is the caller's until the lease ends.
	ClaimGranted ClaimState = iota + 1
	// ClaimInFlight: another claim of the key lives.
	ClaimInFlight
	// ClaimHandled: the key is handled and remembered.
	ClaimHandled
)

// String is granted, in flight or handled; of any other its number.
func (s ClaimState) String() string {
	switch s {
	case ClaimGranted:
		return "granted"
	case ClaimInFlight:
		return "in flight"
	case ClaimHandled:
		return "handled"
	}
	return "ClaimState(" + strconv.Itoa(int(s)) + ")"
}
