package agentmsg

import (
	"container/heap"
	"container/list"
	"context"
	"crypto/sha256"
	"slices"
	"strconv"
	"sync"
	"time"
)

// defaultMaxKeys holds a day's messages at one a second.
const defaultMaxKeys = 100_000

// MemoryDeduper is a [Deduper] in memory. The zero value is ready.
//
// What it knows dies with its process, and two processes each have their own:
// an event that is delivered again after a restart, or to another process,
// runs again. Where that must not be, share a store.
//
// It is safe for concurrent use and must not be copied after its first use.
// It owns no goroutine and needs no Close. No method waits: none looks at ctx,
// and the only error is [ErrLeaseLost]. A call takes a microsecond or two, also
// with a million keys. Time is that of package time, so testing/synctest
// drives it. Tokens are the numbers of the claims: unique in this
// MemoryDeduper, and no secret.
type MemoryDeduper struct {
	// MaxKeys bounds the keys that are remembered or claimed; 0 or less means
	// 100,000, some 25 MB with keys of 50 bytes; of a longer one at most 288
	// bytes are kept. When full the key that was handled longest ago is
	// forgotten early, so that its redelivery would run again; a claim in
	// flight never is. Full of claims in flight it grows past MaxKeys rather
	// than refuse, and shrinks again once they end and others come. Set it
	// before the first use.
	MaxKeys int

	mu     sync.Mutex
	keys   map[string]*memoryKey
	leases memoryEnds    // the keys that are claimed, the one that ends first at the top
	keeps  []*memoryKeep // the handled ones
	claims uint64        // how many were granted
	dones  uint64        // how many were handled
}

// memoryKeep is the keys that are remembered for the same time. They end in
// the order in which they were handled, so the one in front is the first in
// both. A program has a few such times, so all are looked at.
type memoryKeep struct {
	keep time.Duration
	keys list.List // of *memoryKey
}

func (m *memoryKeep) front() *memoryKey { return m.keys.Front().Value.(*memoryKey) } // none is empty

// keptWhole is the length of a key up to which it is kept as it is.
const keptWhole = 256

// kept is what a key is kept as. Who signs deliveries chooses the ids in them:
// keys of a mebibyte each would leave MaxKeys no bound of the memory. A cut one
// is longer than any whole one, so no two keys meet but by a collision of
// SHA-256.
func kept(key string) string {
	if len(key) <= keptWhole {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return key[:keptWhole] + string(sum[:])
}

// memoryKey is a key that is claimed, or handled and remembered.
type memoryKey struct {
	key     string // as it is kept
	token   string
	end     time.Time // of the lease, or of the keep
	at      int       // its place in leases
	keep    *memoryKeep
	handled *list.Element // its place in keep; nil while it is claimed
	done    uint64        // when it was handled: after those with less
}

// over reports whether the lease or the keep has ended: at its end it has.
func (k *memoryKey) over(now time.Time) bool { return !now.Before(k.end) }

// Claim is that of [Deduper]; its error is nil. It is granted where the lease
// is not positive, and over at once.
func (d *MemoryDeduper) Claim(_ context.Context, key string, lease time.Duration) (Claim, error) {
	own := kept(key)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if k, found := d.keys[own]; found {
		switch {
		case k.over(now):
			d.forget(k)
		case k.handled != nil:
			return Claim{Key: key, State: ClaimHandled}, nil
		default:
			return Claim{Key: key, State: ClaimInFlight}, nil
		}
	}
	d.makeRoom(now)
	d.claims++
	k := &memoryKey{key: own, token: strconv.FormatUint(d.claims, 10), end: now.Add(lease)}
	if d.keys == nil {
		d.keys = map[string]*memoryKey{}
	}
	d.keys[own] = k
	heap.Push(&d.leases, k)
	return Claim{Key: key, Token: k.token, State: ClaimGranted}, nil
}

// Renew is that of [Deduper].
func (d *MemoryDeduper) Renew(_ context.Context, c Claim, lease time.Duration) error {
	c.Key = kept(c.Key)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	k := d.held(c, now)
	if k == nil {
		return ErrLeaseLost
	}
	k.end = now.Add(lease)
	heap.Fix(&d.leases, k.at)
	return nil
}

// Done is that of [Deduper].
func (d *MemoryDeduper) Done(_ context.Context, c Claim, keep time.Duration) error {
	c.Key = kept(c.Key)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	k := d.held(c, now)
	switch {
	case k == nil:
		return ErrLeaseLost
	case keep <= 0:
		d.forget(k)
	default:
		heap.Remove(&d.leases, k.at)
		d.dones++
		k.end, k.keep, k.done = now.Add(keep), d.keepOf(keep), d.dones
		k.handled = k.keep.keys.PushBack(k)
	}
	return nil
}

// keepOf is where keys are that are remembered for so long.
func (d *MemoryDeduper) keepOf(keep time.Duration) *memoryKeep {
	for _, m := range d.keeps {
		if m.keep == keep {
			return m
		}
	}
	m := &memoryKeep{keep: keep}
	d.keeps = append(d.keeps, m)
	return m
}

// held is the key of a claim whose lease lives; nil for any other. The claim's
// key is as it is kept.
func (d *MemoryDeduper) held(c Claim, now time.Time) *memoryKey {
	k := d.keys[c.Key]
	if k == nil || k.token != c.Token || k.handled != nil || k.over(now) {
		return nil
	}
	return k
}

// makeRoom forgets up to two keys before one is added: those that are over
// first, then, when full, the one that was handled longest ago. Two for one is
// enough to get rid of any number in time, and never holds a call up.
func (d *MemoryDeduper) makeRoom(now time.Time) {
	limit := d.MaxKeys
	if limit <= 0 {
		limit = defaultMaxKeys
	}
	for range 2 {
		switch first := d.firstHandled(now); {
		case d.leases.firstOver(now):
			d.forget(d.leases[0])
		case first != nil && (first.over(now) || len(d.keys) >= limit):
			d.forget(first)
		}
	}
}

// firstHandled is a handled key that is over, else the one that was handled
// longest ago; nil: there is none.
func (d *MemoryDeduper) firstHandled(now time.Time) (first *memoryKey) {
	for _, m := range d.keeps {
		k := m.front()
		if k.over(now) {
			return k
		}
		if first == nil || k.done < first.done {
			first = k
		}
	}
	return first
}

func (d *MemoryDeduper) forget(k *memoryKey) {
	delete(d.keys, k.key)
	if k.handled == nil {
		heap.Remove(&d.leases, k.at)
		return
	}
	k.keep.keys.Remove(k.handled)
	if k.keep.keys.Len() == 0 {
		d.keeps = slices.DeleteFunc(d.keeps, func(m *memoryKeep) bool { return m == k.keep })
	}
}

// memoryEnds is a heap of package container/heap.
type memoryEnds []*memoryKey

func (e memoryEnds) firstOver(now time.Time) bool { return len(e) > 0 && e[0].over(now) }

func (e memoryEnds) Len() int           { return len(e) }
func (e memoryEnds) Less(i, j int) bool { return e[i].end.Before(e[j].end) }
func (e memoryEnds) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].at, e[j].at = i, j
}

// Push adds a *memoryKey.
func (e *memoryEnds) Push(x any) {
	k := x.(*memoryKey)
	k.at = len(*e)
	*e = append(*e, k)
}

// Pop takes the last one away.
func (e *memoryEnds) Pop() any {
	last := len(*e) - 1
	k := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return k
}
