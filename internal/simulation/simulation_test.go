// Package simulation has clients, a server and their troubles live through
// days on a clock of their own, and compares what each call was told with what
// the server did. Net/http does the talking; nothing is stubbed.
package simulation_test

import (
	"flag"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

var (
	simHours = flag.Float64("sim.hours", 48, "how many simulated hours TestWorlds lives through")
	simSeed  = flag.Uint64("sim.seed", 1, "the seed of TestWorlds' first world; the others have the seeds after it")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// day is how long a world lives.
const day = 24 * time.Hour

// Whatever goes wrong, no client is told what is not so. A world that fails is
// had again by its seed: -sim.seed=N -sim.hours=24.
func TestWorlds(t *testing.T) {
	t.Parallel()
	var (
		mu  sync.Mutex
		all totals
	)
	began := time.Now()
	t.Cleanup(func() { // the worlds have ended
		took := time.Since(began)
		t.Logf("seeds from %d: %s; %.0f hours in %.2f s, %.0f a second", *simSeed, all, all.hours, took.Seconds(), all.hours/took.Seconds())
		if t.Failed() {
			return
		}
		require.Positive(t, all.repeated, "some were made again")
		require.Positive(t, all.unknown, "some were not known to have happened")
		require.Positive(t, all.deliveries)
	})
	for i := range max(1, int(*simHours/day.Hours())) {
		seed := *simSeed + uint64(i)
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			w := live(t, seed)
			mu.Lock()
			defer mu.Unlock()
			all.add(w.totals)
		})
	}
}

// live lives through one world, and fails for everything that is not so.
func live(t *testing.T, seed uint64) *world {
	t.Helper()
	var w *world
	synctest.Test(t, func(t *testing.T) {
		w = newWorld(t, seed)
		w.live(t)
		w.settle(t)
	})
	require.Empty(t, strings.Join(w.wrong, "\n"), "this world again: go test ./internal/simulation -run TestWorlds -sim.seed=%d -sim.hours=24", seed)
	return w
}

// The same seed, the same journal, to the nanosecond.
func TestWorldsComeFromTheirSeeds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range uint64(3) {
		seed += *simSeed
		first, again := live(t, seed).told, live(t, seed).told
		require.NotEmpty(t, first)
		for i := range min(len(first), len(again)) {
			require.Equal(t, first[i], again[i], "line %d of seed %d", i, seed)
		}
		require.Len(t, again, len(first))
		all := strings.Join(first, "\n")
		require.False(t, seen[all], "another seed, another world")
		seen[all] = true
	}
}
