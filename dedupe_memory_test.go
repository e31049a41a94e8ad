package agentmsg_test

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

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
			c, _ := m.Claim(t.Context(), strconv.Itoa(i), time.Minute)
			_ = m.Done(t.Context(), c, time.Hour)
		}
		require.Equal(t, 100_000, agentmsg.MemoryKeys(&m.MemoryDeduper))
		m.wants(agentmsg.ClaimHandled, "0", "1", "99999")
		m.granted("one more")
		require.Equal(t, agentmsg.ClaimGranted, m.claim("0", 0).State)
	}
}

// What is released takes no place, and a lease that was renewed keeps none from
// being swept that ends before it.
func TestDedupeSweeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		for _, keep := range []time.Duration{0, -time.Second} {
			require.NoError(t, m.Done(t.Context(), m.granted("released"), keep))
			require.Zero(t, agentmsg.MemoryKeys(&m.MemoryDeduper))
		}
		renewed := m.claim("renewed", time.Second)
		m.claim("dead", time.Minute)
		require.NoError(t, m.Renew(t.Context(), renewed, time.Hour))
		time.Sleep(time.Minute)
		m.granted("another")
		require.Equal(t, 2, agentmsg.MemoryKeys(&m.MemoryDeduper))
		m.wants(agentmsg.ClaimInFlight, "renewed", "another")
	})
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

// The one handled longest ago goes, whatever it was to be remembered for.
func TestDedupeEvictsAcrossKeeps(t *testing.T) {
	t.Parallel()
	m := &memory{t: t, MemoryDeduper: agentmsg.MemoryDeduper{MaxKeys: 3}}
	m.handle("first", time.Hour)
	m.handle("second", time.Minute)
	m.handle("third", time.Hour)
	m.granted("x")
	m.wants(agentmsg.ClaimHandled, "second", "third")
	m.granted("y")
	m.wants(agentmsg.ClaimHandled, "third")
}

// A key that is claimed anew takes nothing of what it was with it.
func TestDedupeClaimsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		m.claim("a", time.Second)
		m.claim("b", time.Second)
		m.claim("k", 2*time.Second)
		time.Sleep(2 * time.Second)
		m.claim("k", time.Hour)
		m.claim("x", time.Hour)
		m.wants(agentmsg.ClaimInFlight, "k", "x")
		require.Equal(t, 2, agentmsg.MemoryKeys(&m.MemoryDeduper))
	})
}

// The lease that ends first is swept first, whenever it was claimed.
func TestDedupeSweepsInTheOrderOfEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		m.claim("long", time.Hour)
		m.claim("short", time.Second)
		time.Sleep(time.Second)
		m.claim("another", time.Hour)
		require.Equal(t, 2, agentmsg.MemoryKeys(&m.MemoryDeduper))
	})
}

// There is no end of time to run into.
func TestDedupeForGood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{t: t}
		m.claim("begins the count", time.Second)
		time.Sleep(time.Hour)
		c := m.claim("claimed", math.MaxInt64)
		m.handle("handled", math.MaxInt64)
		require.NoError(t, m.Renew(t.Context(), c, math.MaxInt64))
		time.Sleep(time.Hour)
		m.wants(agentmsg.ClaimInFlight, "claimed")
		m.wants(agentmsg.ClaimHandled, "handled")
		require.NoError(t, m.Renew(t.Context(), c, math.MinInt64))
		require.Equal(t, agentmsg.ClaimGranted, m.claim("claimed", math.MinInt64).State)
	})
}

// Two go for one that comes, and no more.
func TestDedupeForgetsTwoForOne(t *testing.T) {
	t.Parallel()
	m := &memory{t: t, MemoryDeduper: agentmsg.MemoryDeduper{MaxKeys: 1}}
	claims := []agentmsg.Claim{m.granted("a"), m.granted("b"), m.granted("c"), m.granted("d")}
	for _, c := range claims {
		require.NoError(t, m.Done(t.Context(), c, time.Hour))
	}
	m.granted("e")
	require.Equal(t, 3, agentmsg.MemoryKeys(&m.MemoryDeduper))
}

// What is over may be claimed anew from anywhere among its like.
func TestDedupeForgetsAnywhere(t *testing.T) {
	t.Parallel()
	for i := range 8 {
		synctest.Test(t, func(t *testing.T) {
			m := &memory{t: t}
			for n := range 8 {
				m.handle(strconv.Itoa(n), time.Second)
			}
			time.Sleep(time.Second)
			m.handle(strconv.Itoa(i), time.Second)
			require.Equal(t, 6, agentmsg.MemoryKeys(&m.MemoryDeduper))
			m.handle("another", time.Second)
			require.Equal(t, 5, agentmsg.MemoryKeys(&m.MemoryDeduper))
			m.wants(agentmsg.ClaimHandled, strconv.Itoa(i), "another")
		})
	}
}

// A deduper that bubbles share, each of which begins its time anew, ends leases.
func TestDedupeInTwoBubbles(t *testing.T) {
	t.Parallel()
	m := &memory{t: t}
	for i, began := range []time.Duration{time.Hour, 0} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(began)
			m.claim(strconv.Itoa(i), time.Second)
			time.Sleep(time.Minute)
			require.Equal(t, agentmsg.ClaimGranted, m.claim(strconv.Itoa(i), time.Second).State)
		})
	}
}

// MaxKeys bounds the memory whatever the keys are: who signs chooses the id of
// a message, up to the bound of a body. It runs alone, as it weighs the heap.
func TestDedupeLongKeys(t *testing.T) {
	m := &memory{t: t}
	before := heapInUse()
	for i := range 64 {
		m.handle(strings.Repeat("k", 1<<20)+strconv.Itoa(i), time.Hour)
	}
	require.Less(t, heapInUse()-before, int64(1<<20))
	m.wants(agentmsg.ClaimHandled, strings.Repeat("k", 1<<20)+"7")
}

// Around the length up to which a key is hashed on the stack, too, each is one
// of its own.
func TestDedupeKeysAroundTheBuffer(t *testing.T) {
	t.Parallel()
	m := &memory{t: t}
	for n := 103; n < 153; n++ {
		m.granted(strings.Repeat("k", n))
		m.granted(strings.Repeat("k", n-1) + "l")
	}
	require.Equal(t, 100, agentmsg.MemoryKeys(&m.MemoryDeduper))
}

func heapInUse() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
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
