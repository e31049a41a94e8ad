package agentmsg

import (
	"container/heap"
	"container/list"
	"context"
	"crypto/sha256"
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

	mu      sync.Mutex
	keys    map[string]*memoryKey
	leases  memoryEnds // the keys that are claimed, the one that ends first at the top
	keeps   memoryEnds // those that are handled; apart, as a claim among them would go all the way up and down
	handled list.List  // of *memoryKey, the one handled longest ago in front
	claims  uint64     // how many were granted
}

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
	end     time.Time     // of the lease, or of the keep
	at      int           // its place in leases or keeps
	handled *list.Element // its place in handled; nil while it is claimed
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
		k.end = now.Add(keep)
		heap.Push(&d.keeps, k)
		k.handled = d.handled.PushBack(k)
	}
	return nil
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
		switch oldest := d.handled.Front(); {
		case d.leases.firstOver(now):
			d.forget(d.leases[0])
		case d.keeps.firstOver(now):
			d.forget(d.keeps[0])
		case len(d.keys) >= limit && oldest != nil:
			d.forget(oldest.Value.(*memoryKey))
		}
	}
}

func (d *MemoryDeduper) forget(k *memoryKey) {
	delete(d.keys, k.key)
	if k.handled == nil {
		heap.Remove(&d.leases, k.at)
		return
	}
	heap.Remove(&d.keeps, k.at)
	d.handled.Remove(k.handled)
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
