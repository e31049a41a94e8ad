package ratio

import (
	"fmt"
	"math"
	"slices"
)

// Spread is a median between its quartiles, or what RangeOf says.
type Spread struct{ Low, Median, High float64 }

// SpreadOf is the spread of values, which it sorts.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	at := func(share float64) float64 { // between two values, in proportion
		below, part := math.Modf(share * float64(len(values)-1))
		i := int(below)
		return values[i] + part*(values[min(i+1, len(values)-1)]-values[i])
	}
	return Spread{at(0.25), at(0.5), at(0.75)}
}

// RangeOf is the median of values, which it sorts, between the least and the
// most: of few values there are no quartiles.
func RangeOf(values []float64) Spread {
	s := SpreadOf(values)
	if len(values) > 0 {
		s.Low, s.High = values[0], values[len(values)-1]
	}
	return s
}

// String is the median, and what is on both sides behind it.
func (s Spread) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Median, s.Low, s.High) }
