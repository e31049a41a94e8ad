package agentmsg_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/dedupetest"
	"github.com/stretchr/testify/require"
)

func TestDedupeMemoryPassesTheSuite(t *testing.T) {
	t.Parallel()
	open := func(testing.TB) agentmsg.Deduper { return new(agentmsg.MemoryDeduper) }
	t.Run("in a bubble", func(t *testing.T) {
		t.Parallel()
		dedupetest.Run(t, open, dedupetest.WithBubble())
	})
	t.Run("in real time", func(t *testing.T) {
		t.Parallel()
		dedupetest.Run(t, open)
	})
}

// memory is a MemoryDeduper whose answers are asked for in a line.
type memory struct {
	agentmsg.MemoryDeduper
	t *testing.T
}

func (m *memory) claim(key string, lease time.Duration) agentmsg.Claim {
	m.t.Helper()
	c, err := m.Claim(m.t.Context(), key, lease)
	require.NoError(m.t, err)
	require.Equal(m.t, key, c.Key)
	return c
}

// granted claims a key that is free, for a day.
func (m *memory) granted(key string) agentmsg.Claim {
	m.t.Helper()
	c := m.claim(key, 24*time.Hour)
	require.Equal(m.t, agentmsg.ClaimGranted, c.State, key)
	return c
}

func (m *memory) handle(key string, keep time.Duration) {
	m.t.Helper()
	require.NoError(m.t, m.Done(m.t.Context(), m.granted(key), keep))
}

// wants asks for keys that are not free.
func (m *memory) wants(state agentmsg.ClaimState, keys ...string) {
	m.t.Helper()
	for _, key := range keys {
		require.Equal(m.t, state, m.claim(key, 0).State, key)
	}
}

// At its very end a lease is over, and so is a keep; a nanosecond before it is
// not.
func TestDedupeEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		c := m.claim("a", time.Second)
		time.Sleep(time.Second - 1)
		m.wants(agentmsg.ClaimInFlight, "a")
		require.NoError(t, m.Renew(t.Context(), c, time.Second))
		time.Sleep(time.Second - 1)
		m.wants(agentmsg.ClaimInFlight, "a")
		time.Sleep(1)
		require.ErrorIs(t, m.Renew(t.Context(), c, time.Second), agentmsg.ErrLeaseLost)
		require.ErrorIs(t, m.Done(t.Context(), c, time.Second), agentmsg.ErrLeaseLost)

		m.handle("a", time.Minute)
		time.Sleep(time.Minute - 1)
		m.wants(agentmsg.ClaimHandled, "a")
		time.Sleep(1)
		m.granted("a")
	})
}

// A lease of 0 or less is granted, and over at once.
func TestDedupeNoLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		for _, lease := range []time.Duration{0, -1, -time.Hour} {
			c := m.claim("a", lease)
			require.Equal(t, agentmsg.ClaimGranted, c.State)
			require.ErrorIs(t, m.Renew(t.Context(), c, time.Second), agentmsg.ErrLeaseLost)
			require.ErrorIs(t, m.Done(t.Context(), c, time.Second), agentmsg.ErrLeaseLost)
			c = m.granted("a")
			require.NoError(t, m.Renew(t.Context(), c, lease))
			require.ErrorIs(t, m.Renew(t.Context(), c, time.Second), agentmsg.ErrLeaseLost)
		}
		m.granted("a")
	})
}

// The longest spans there are end no sooner.
func TestDedupeLongest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		c := m.claim("a", 1<<63-1)
		m.wants(agentmsg.ClaimInFlight, "a")
		require.NoError(t, m.Done(t.Context(), c, 1<<63-1))
		m.wants(agentmsg.ClaimHandled, "a")
	})
}

// It never waits, so an ended context changes nothing.
func TestDedupeIgnoresContext(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var m agentmsg.MemoryDeduper
	c, err := m.Claim(ended, "a", time.Minute)
	require.NoError(t, err)
	require.NoError(t, m.Renew(ended, c, time.Minute))
	require.NoError(t, m.Done(ended, c, time.Minute))
}

// When full, the key goes that was handled longest ago: not the one that was
// claimed first, nor the one that ends first, nor one in flight.
func TestDedupeEvicts(t *testing.T) {
	t.Parallel()
	m := &memory{t: t, MemoryDeduper: agentmsg.MemoryDeduper{MaxKeys: 4}}
	first := m.granted("claimed first")
	flying := m.granted("in flight")
	m.handle("handled first", 24*time.Hour)
	require.NoError(t, m.Done(t.Context(), first, 10*time.Minute))
	m.wants(agentmsg.ClaimHandled, "handled first", "claimed first")

	m.granted("one more")
	m.wants(agentmsg.ClaimHandled, "claimed first", "handled first") // four fit
	m.handle("another", time.Hour)
	m.wants(agentmsg.ClaimHandled, "claimed first", "another")
	m.wants(agentmsg.ClaimInFlight, "in flight", "one more")

	m.granted("handled first") // it had to go, so it is free
	m.wants(agentmsg.ClaimHandled, "another")
	m.wants(agentmsg.ClaimInFlight, "in flight", "one more")
	require.NoError(t, m.Renew(t.Context(), flying, time.Hour))
}

// Asking for keys that are there makes no room for others.
func TestDedupeAskingEvictsNothing(t *testing.T) {
	t.Parallel()
	m := &memory{t: t, MemoryDeduper: agentmsg.MemoryDeduper{MaxKeys: 2}}
	m.handle("a", time.Hour)
	m.handle("b", time.Hour)
	for range 5 {
		m.wants(agentmsg.ClaimHandled, "a", "b")
	}
}

// What is over goes before what is remembered.
func TestDedupeEvictsWhatIsOverFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t, MemoryDeduper: agentmsg.MemoryDeduper{MaxKeys: 3}}
		m.handle("oldest", 24*time.Hour)
		m.handle("short", time.Minute)
		m.claim("dead", time.Second)
		time.Sleep(time.Minute)
		m.handle("c", time.Hour)
		m.handle("d", time.Hour)
		m.wants(agentmsg.ClaimHandled, "oldest", "c", "d")
		m.handle("e", time.Hour)
		m.wants(agentmsg.ClaimHandled, "c", "d", "e")
	})
}

// Full of claims in flight it grows; once they end it shrinks again.
func TestDedupeGrows(t *testing.T) {
	t.Parallel()
	m := &memory{t: t, MemoryDeduper: agentmsg.MemoryDeduper{MaxKeys: 3}}
	var claims []agentmsg.Claim
	for i := range 50 {
		claims = append(claims, m.granted(strconv.Itoa(i)))
	}
	for _, c := range claims {
		m.wants(agentmsg.ClaimInFlight, c.Key)
		require.NoError(t, m.Done(t.Context(), c, time.Hour))
	}
	for i := range 50 {
		m.handle("later "+strconv.Itoa(i), time.Hour)
	}
	require.Equal(t, 3, agentmsg.MemoryKeys(&m.MemoryDeduper))
	m.wants(agentmsg.ClaimHandled, "later 47", "later 48", "later 49")
}

func TestDedupeDefaultMaxKeys(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, -1} {
		m := &memory{t: t, MemoryDeduper: agentmsg.MemoryDeduper{MaxKeys: limit}}
		for i := range 100_000 {
			m.handle(strconv.Itoa(i), time.Hour)
		}
		m.wants(agentmsg.ClaimHandled, "0", "1", "99999")
		m.granted("one more")
		require.Equal(t, agentmsg.ClaimGranted, m.claim("0", 0).State)
	}
}

// Keys that are over are forgotten as others come, whichever way they ended,
// and what they took is free again. It runs alone, as it weighs the heap.
func TestDedupeForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		long := strings.Repeat("k", 100)
		before := heapInUse()
		for i := range 100_000 {
			key := long + strconv.Itoa(i)
			switch c := m.claim(key, time.Second); i % 4 {
			case 0: // its holder is dead
			case 1:
				require.NoError(t, m.Done(t.Context(), c, 0))
			case 2:
				require.NoError(t, m.Done(t.Context(), c, 10*time.Second))
			default:
				require.NoError(t, m.Done(t.Context(), c, time.Second))
			}
			time.Sleep(100 * time.Millisecond)
			require.LessOrEqual(t, agentmsg.MemoryKeys(&m.MemoryDeduper), 40, "10 s of them, and what is not swept yet")
		}
		require.Less(t, heapInUse()-before, int64(1<<20))
		time.Sleep(time.Hour)
		for i := range 30 {
			m.handle("later "+strconv.Itoa(i), time.Hour)
		}
		require.Equal(t, 30, agentmsg.MemoryKeys(&m.MemoryDeduper))
	})
}

func heapInUse() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestDedupeClaimState(t *testing.T) {
	t.Parallel()
	require.Equal(t, "granted, in flight, handled, ClaimState(0), ClaimState(4)",
		fmt.Sprintf("%v, %v, %v, %v, %v", agentmsg.ClaimGranted, agentmsg.ClaimInFlight, agentmsg.ClaimHandled, agentmsg.ClaimState(0), agentmsg.ClaimState(4)))
	require.Equal(t, "lease_lost", agentmsg.ErrLeaseLost.Error())
}

// BenchmarkMemoryDeduper is the life of one event, a claim, a renewal and a
// Done, while so many keys are remembered: one goes for each that comes.
func BenchmarkMemoryDeduper(b *testing.B) {
	for _, keys := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(keys), func(b *testing.B) {
			m := agentmsg.MemoryDeduper{MaxKeys: keys}
			names := make([]string, 2*keys)
			for i := range names {
				names[i] = fmt.Sprintf("tenant/550e8400-e29b-41d4-a716-%012d", i)
			}
			life := func(i int) {
				c, _ := m.Claim(b.Context(), names[i%len(names)], 3*time.Second)
				if err := m.Renew(b.Context(), c, 3*time.Second); err != nil {
					b.Fatal(err)
				}
				if err := m.Done(b.Context(), c, time.Duration(10+i%2*1430)*time.Minute); err != nil {
					b.Fatal(err)
				}
			}
			before := heapInUse()
			for i := range keys {
				life(i)
			}
			size := float64(heapInUse()-before) / float64(keys)
			i := keys
			b.ReportAllocs()
			for b.Loop() {
				life(i)
				i++
			}
			b.ReportMetric(size, "B/key")
		})
	}
}
