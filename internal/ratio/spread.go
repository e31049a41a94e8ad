package ratio

import (
	"fmt"
	"slices"
)

// Spread is a median between its quartiles.
type Spread struct{ Low, Median, High float64 }

// SpreadOf is the spread of values, which it sorts.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	at := func(share float64) float64 { return values[int(share*float64(len(values)-1)+0.5)] }
	return Spread{at(0.25), at(0.5), at(0.75)}
}

// String is the median, and the quartiles behind it.
func (s Spread) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Median, s.Low, s.High) }
