package agentmsg

import (
	"crypto/sha256"
	"time"
)

// keySum is what is kept of a key. Who signs deliveries chooses the ids in them:
// keys of a mebibyte each would leave MaxKeys no bound of the memory.
type keySum [sha256.Size]byte

func sumOf(key string) keySum {
	usual := make([]byte, 0, 128) // not on the heap
	return sha256.Sum256(append(usual, key...))
}

// memoryKey is a key that is claimed, or handled and remembered. It holds no
// pointer: the garbage collector looks at each pointer of a program each time,
// and a MemoryDeduper may have more keys than the rest of it has anything.
type memoryKey struct {
	sum    keySum
	number int32
	place  int32         // among the leases, while it is claimed
	claim  uint64        // the number of its claim
	end    time.Duration // of the lease, or of the keep
	keep   time.Duration // 0 while it is claimed
	done   uint64        // when it was handled: after those with less

	previous, next int32 // numbers, among those of the same keep; next also among the free
}

func (k *memoryKey) handled() bool { return k.keep > 0 }

// over reports whether the lease or the keep has ended: at its end it has.
func (k *memoryKey) over(now time.Duration) bool { return now >= k.end }

// memoryKeep is the keys that are remembered for the same time. They end in
// the order in which they were handled, so the first is the first in both. A
// program has a few such times, so all are looked at.
type memoryKeep struct {
	keep        time.Duration
	first, last int32
}

// memoryKeys holds the keys by their numbers, which begin at 1, in blocks that
// stay where they are.
type memoryKeys struct {
	blocks []*[memoryBlock]memoryKey
	used   int32 // numbers up to this one were given
	unused int32 // the first that was given back, or 0
}

const memoryBlock = 256

func (m *memoryKeys) at(number int32) *memoryKey {
	return &m.blocks[number/memoryBlock][number%memoryBlock]
}

// add returns a key that has its number, and nothing else.
func (m *memoryKeys) add() *memoryKey {
	if m.unused != 0 {
		k := m.at(m.unused)
		m.unused = k.next
		*k = memoryKey{number: k.number}
		return k
	}
	m.used++
	if int(m.used)/memoryBlock == len(m.blocks) {
		m.blocks = append(m.blocks, new([memoryBlock]memoryKey))
	}
	k := m.at(m.used)
	k.number = m.used
	return k
}

func (m *memoryKeys) free(k *memoryKey) { k.next, m.unused = m.unused, k.number }

func (m *memoryKeys) pushBack(keep *memoryKeep, k *memoryKey) {
	k.previous = keep.last
	if keep.last == 0 {
		keep.first = k.number
	} else {
		m.at(keep.last).next = k.number
	}
	keep.last = k.number
}

func (m *memoryKeys) unlink(keep *memoryKeep, k *memoryKey) {
	if k.previous == 0 {
		keep.first = k.next
	} else {
		m.at(k.previous).next = k.next
	}
	if k.next == 0 {
		keep.last = k.previous
	} else {
		m.at(k.next).previous = k.previous
	}
}
