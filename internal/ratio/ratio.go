//go:build unix

// Package ratio measures one thing beside another, for benchmarks. Machines are
// noisy, so both run in turn, round by round in one process, and what is
// reported are medians over the rounds: rate is ours per second over the
// other's, cpu our processor time (user and system) over the other's, and the
// allocations of a call of each.
package ratio

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// cost is what a number of calls took.
type cost struct {
	wall, cpu      time.Duration
	allocs, memory uint64
}

func costOf(work func()) cost {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, began := cpuTime(), time.Now()
	work()
	c := cost{wall: time.Since(began), cpu: cpuTime() - cpu}
	runtime.ReadMemStats(&after)
	c.allocs, c.memory = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	return c
}

// cpuTime is the process's, user and system.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// Beside runs both in turn, n calls each a round, and reports the medians as
// rate, cpu, allocs/call, B/call, bare-allocs/call and bare-B/call.
func Beside(b *testing.B, n int, ours, bare func()) {
	b.Helper()
	BesidePrepared(b, n, func() {}, ours, bare)
}

// BesidePrepared is Beside where each run needs something made before it, which
// is not measured.
func BesidePrepared(b *testing.B, n int, prepare, ours, bare func()) {
	b.Helper()
	measured := func(work func()) cost {
		prepare()
		return costOf(work)
	}
	measured(ours) // what is made once is not measured
	measured(bare)
	var rate, cpu, allocs, bareAllocs, memory, bareMemory []float64
	for first := true; b.Loop(); first = !first { // who goes first leaves the other its garbage
		var x, m cost
		if first {
			x = measured(bare)
		}
		m = measured(ours)
		if !first {
			x = measured(bare)
		}
		rate = append(rate, float64(x.wall)/float64(m.wall))
		cpu = append(cpu, float64(m.cpu)/float64(x.cpu))
		allocs, bareAllocs = append(allocs, float64(m.allocs)/float64(n)), append(bareAllocs, float64(x.allocs)/float64(n))
		memory, bareMemory = append(memory, float64(m.memory)/float64(n)), append(bareMemory, float64(x.memory)/float64(n))
	}
	b.ReportMetric(0, "ns/op") // of a round of both: it says nothing
	for unit, values := range map[string][]float64{
		"rate": rate, "cpu": cpu, "allocs/call": allocs, "bare-allocs/call": bareAllocs, "B/call": memory, "bare-B/call": bareMemory,
	} {
		b.ReportMetric(median(values), unit)
	}
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
