//go:build unix

// Package ratio measures one thing beside another, for benchmarks. Machines are
// noisy, so both run in turn, round by round in one process, and what is
// reported are medians over the rounds: rate is ours per second over the
// other's, cpu our processor time (user and system) over the other's, and the
// allocations of a call of each.
package ratio

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Cost is what a number of calls took of this process.
type Cost struct {
	Wall, CPU     time.Duration // CPU: user and system
	Allocs, Bytes uint64
}

// CostOf does the work and says what it took.
func CostOf(work func()) Cost {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, began := cpuTime(), time.Now()
	work()
	c := Cost{Wall: time.Since(began), CPU: cpuTime() - cpu}
	runtime.ReadMemStats(&after)
	c.Allocs, c.Bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
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
	measured := func(work func()) Cost {
		prepare()
		return CostOf(work)
	}
	measured(ours) // what is made once is not measured
	measured(bare)
	var rate, cpu, allocs, bareAllocs, memory, bareMemory []float64
	for first := true; b.Loop(); first = !first { // who goes first leaves the other its garbage
		var x, m Cost
		if first {
			x = measured(bare)
		}
		m = measured(ours)
		if !first {
			x = measured(bare)
		}
		rate = append(rate, float64(x.Wall)/float64(m.Wall))
		cpu = append(cpu, float64(m.CPU)/float64(x.CPU))
		allocs, bareAllocs = append(allocs, float64(m.Allocs)/float64(n)), append(bareAllocs, float64(x.Allocs)/float64(n))
		memory, bareMemory = append(memory, float64(m.Bytes)/float64(n)), append(bareMemory, float64(x.Bytes)/float64(n))
	}
	b.ReportMetric(0, "ns/op") // of a round of both: it says nothing
	for unit, values := range map[string][]float64{
		"rate": rate, "cpu": cpu, "allocs/call": allocs, "bare-allocs/call": bareAllocs, "B/call": memory, "bare-B/call": bareMemory,
	} {
		b.ReportMetric(SpreadOf(values).Median, unit)
	}
}
