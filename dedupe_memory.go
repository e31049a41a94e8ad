package agentmsg

import (
	"container/heap"
	"context"
	"math"
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
	// 100,000, some 14 MB: of a key its SHA-256 is kept, however long it is.
	// When full the key that was handled longest ago is forgotten early, so
	// that its redelivery would run again; a claim in flight never is. Full of
	// claims in flight it grows past MaxKeys rather than refuse, and comes back
	// to MaxKeys once they end and others come; the memory of the most keys
	// that it ever had stays. Set it before the first use.
	MaxKeys int

	mu      sync.Mutex
	began   time.Time        // what time is counted from
	numbers map[keySum]int32 // of the keys
	keys    memoryKeys
	leases  memoryEnds   // the keys that are claimed, the one that ends first at the top
	keeps   []memoryKeep // the handled ones
	claims  uint64       // how many were granted
	dones   uint64       // how many were handled
}

// Claim is that of [Deduper]; its error is nil. It is granted where the lease
// is not positive, and over at once.
func (d *MemoryDeduper) Claim(_ context.Context, key string, lease time.Duration) (Claim, error) {
	sum := sumOf(key)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if number, found := d.numbers[sum]; found {
		switch k := d.keys.at(number); {
		case k.over(now):
			d.forget(k)
		case k.handled():
			return Claim{Key: key, State: ClaimHandled}, nil
		default:
			return Claim{Key: key, State: ClaimInFlight}, nil
		}
	}
	d.makeRoom(now)
	d.claims++
	k := d.keys.add()
	k.sum, k.claim, k.end = sum, d.claims, after(now, lease)
	d.numbers[sum] = k.number
	heap.Push(&d.leases, k)
	return Claim{Key: key, Token: strconv.FormatUint(k.claim, 10), State: ClaimGranted}, nil
}

// Renew is that of [Deduper].
func (d *MemoryDeduper) Renew(_ context.Context, c Claim, lease time.Duration) error {
	sum := sumOf(c.Key)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	k := d.held(sum, c.Token, now)
	if k == nil {
		return ErrLeaseLost
	}
	k.end = after(now, lease)
	heap.Fix(&d.leases, int(k.place))
	return nil
}

// Done is that of [Deduper].
func (d *MemoryDeduper) Done(_ context.Context, c Claim, keep time.Duration) error {
	sum := sumOf(c.Key)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	k := d.held(sum, c.Token, now)
	switch {
	case k == nil:
		return ErrLeaseLost
	case keep <= 0:
		d.forget(k)
	default:
		heap.Remove(&d.leases, int(k.place))
		d.dones++
		k.end, k.keep, k.done = after(now, keep), keep, d.dones
		d.keys.pushBack(d.keepOf(keep), k)
	}
	return nil
}

// now is the time since the first use, which it makes ready for.
func (d *MemoryDeduper) now() time.Duration {
	if d.numbers == nil {
		d.numbers, d.began = map[keySum]int32{}, time.Now()
	}
	return time.Since(d.began)
}

// after is so much later, or the end of time. now is negative in a synctest
// bubble whose time is before that of the first use.
func after(now, d time.Duration) time.Duration {
	switch {
	case d <= 0:
		return now
	case now > math.MaxInt64-d:
		return math.MaxInt64
	}
	return now + d
}

// held is the key of a claim whose lease lives; nil for any other.
func (d *MemoryDeduper) held(sum keySum, token string, now time.Duration) *memoryKey {
	number, found := d.numbers[sum]
	if !found {
		return nil
	}
	k := d.keys.at(number)
	var digits [20]byte
	if k.handled() || k.over(now) || string(strconv.AppendUint(digits[:0], k.claim, 10)) != token {
		return nil
	}
	return k
}

// keepOf is where keys are that are remembered for so long.
func (d *MemoryDeduper) keepOf(keep time.Duration) *memoryKeep {
	at := slices.IndexFunc(d.keeps, func(m memoryKeep) bool { return m.keep == keep })
	if at < 0 {
		at = len(d.keeps)
		d.keeps = append(d.keeps, memoryKeep{keep: keep})
	}
	return &d.keeps[at]
}

// makeRoom forgets up to two keys before one is added: those that are over
// first, then, when full, the one that was handled longest ago. Two for one is
// enough to get rid of any number in time, and never holds a call up.
func (d *MemoryDeduper) makeRoom(now time.Duration) {
	limit := d.MaxKeys
	if limit <= 0 {
		limit = defaultMaxKeys
	}
	for range 2 {
		switch first := d.firstHandled(now); {
		case d.leases.firstOver(now):
			d.forget(d.leases[0])
		case first != nil && (first.over(now) || len(d.numbers) >= limit):
			d.forget(first)
		}
	}
}

// firstHandled is a handled key that is over, else the one that was handled
// longest ago; nil: there is none.
func (d *MemoryDeduper) firstHandled(now time.Duration) (first *memoryKey) {
	for _, m := range d.keeps {
		k := d.keys.at(m.first)
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
	delete(d.numbers, k.sum)
	if k.handled() {
		m := d.keepOf(k.keep)
		d.keys.unlink(m, k)
		if m.first == 0 {
			d.keeps = slices.DeleteFunc(d.keeps, func(m memoryKeep) bool { return m.first == 0 })
		}
	} else {
		heap.Remove(&d.leases, int(k.place))
	}
	d.keys.free(k)
}

// memoryEnds is a heap of package container/heap.
type memoryEnds []*memoryKey

func (e memoryEnds) firstOver(now time.Duration) bool { return len(e) > 0 && e[0].over(now) }

func (e memoryEnds) Len() int           { return len(e) }
func (e memoryEnds) Less(i, j int) bool { return e[i].end < e[j].end }
func (e memoryEnds) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].place, e[j].place = int32(i), int32(j) //nolint:gosec // no more than there are numbers
}

// Push adds a *memoryKey.
func (e *memoryEnds) Push(x any) {
	k := x.(*memoryKey)
	k.place = int32(len(*e)) //nolint:gosec // as above
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
