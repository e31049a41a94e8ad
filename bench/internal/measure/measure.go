// Package measure runs things in turn and says what each takes beside the
// first. Machines are noisy, so what counts are ratios within a round: all
// subjects run in each round, one after another, and each round begins with
// another of them (A B C B C A …), for each leaves the next caches and a heap. A
// figure is the median over the rounds, with its quartiles.
package measure

import (
	"cmp"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg/internal/ratio"
)

// Subject is one thing that is measured.
type Subject struct {
	Name string
	// Prepare makes what a run needs; it is not measured. May be nil.
	Prepare func() error
	// Run does it n times.
	Run func(n int) error
	// N is how often a round does it, where it differs from the others'.
	N int
}

// Result is what a subject took, a value for each round.
type Result struct {
	Name   string
	N      int // how often it was done in a round
	Rounds []ratio.Cost
}

// InTurn runs every subject n times in each of so many rounds, after one round
// that is not counted. A round begins with the subject after the one that the
// round before began with.
func InTurn(rounds, n int, subjects ...Subject) ([]Result, error) {
	results := make([]Result, len(subjects))
	for round := range rounds + 1 {
		for turn := range subjects {
			i := (round + turn) % len(subjects)
			s := subjects[i]
			n := cmp.Or(s.N, n)
			cost, err := s.run(n)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Name, err)
			}
			results[i].Name, results[i].N = s.Name, n
			if round > 0 {
				results[i].Rounds = append(results[i].Rounds, cost)
			}
		}
	}
	return results, nil
}

func (s *Subject) run(n int) (cost ratio.Cost, err error) {
	if s.Prepare != nil {
		if err := s.Prepare(); err != nil {
			return cost, err
		}
	}
	runtime.GC() // or each would pay for the garbage of the one before
	cost = ratio.CostOf(func() { err = s.Run(n) })
	return cost, err
}

// Wall and CPU are times, for Beside.
func Wall(c ratio.Cost) float64 { return float64(c.Wall) }

// CPU is the processor time of this process.
func CPU(c ratio.Cost) float64 { return float64(c.CPU) }

// Beside is what doing it once costs in ratio to the floor's, round by round.
func (r Result) Beside(floor Result, what func(ratio.Cost) float64) ratio.Spread {
	ratios := make([]float64, len(r.Rounds))
	for i := range ratios {
		ratios[i] = what(r.Rounds[i]) / float64(r.N) / (what(floor.Rounds[i]) / float64(floor.N))
	}
	return ratio.SpreadOf(ratios)
}

// Each is the cost of doing it once.
func (r Result) Each(what func(ratio.Cost) float64) ratio.Spread {
	each := make([]float64, len(r.Rounds))
	for i, c := range r.Rounds {
		each[i] = what(c) / float64(r.N)
	}
	return ratio.SpreadOf(each)
}

// Time is the median time of doing it once.
func (r Result) Time() time.Duration { return time.Duration(r.Each(Wall).Median) }

// Allocs is how often doing it once allocates.
func (r Result) Allocs() float64 {
	return r.Each(func(c ratio.Cost) float64 { return float64(c.Allocs) }).Median
}

// Bytes is how much doing it once allocates.
func (r Result) Bytes() float64 {
	return r.Each(func(c ratio.Cost) float64 { return float64(c.Bytes) }).Median
}

// Parallel does f n times, by so many goroutines, and returns the first error.
func Parallel(goroutines, n int, f func() error) error {
	if goroutines == 1 {
		for range n {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make(chan error, goroutines)
	var done sync.WaitGroup
	for g := range goroutines {
		share := n / goroutines
		if g < n%goroutines {
			share++
		}
		done.Go(func() {
			for range share {
				if err := f(); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	done.Wait()
	close(errs)
	return <-errs
}
