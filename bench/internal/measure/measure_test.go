package measure_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/agentmsg/agentmsg/internal/ratio"
	"github.com/stretchr/testify/require"
)

// All subjects run in each round, the next of them first, and the first round is
// not counted.
func TestInTurn(t *testing.T) {
	var order strings.Builder
	subject := func(name string) measure.Subject {
		return measure.Subject{
			Name:    name,
			Prepare: func() error { order.WriteString("p"); return nil },
			Run:     func(n int) error { order.WriteString(strings.Repeat(name, n)); return nil },
		}
	}
	results, err := measure.InTurn(3, 2, subject("A"), subject("B"), subject("C"))
	require.NoError(t, err)
	require.Equal(t, "pAApBBpCC"+"pBBpCCpAA"+"pCCpAApBB"+"pAApBBpCC", order.String())
	require.Len(t, results, 3)
	require.Equal(t, "B", results[1].Name)
	require.Len(t, results[1].Rounds, 3)
}

func TestInTurnEndsWithTheFirstError(t *testing.T) {
	_, err := measure.InTurn(1, 1, measure.Subject{Name: "A", Run: func(int) error { return errors.New("no") }})
	require.EqualError(t, err, "A: no")
	_, err = measure.InTurn(1, 1, measure.Subject{Name: "A", Prepare: func() error { return errors.New("not ready") }})
	require.EqualError(t, err, "A: not ready")
}

// A ratio is taken within a round, so that what slows a round down does no
// harm.
func TestBeside(t *testing.T) {
	cost := func(walls ...time.Duration) (r measure.Result) {
		r.N = 10
		for _, w := range walls {
			r.Rounds = append(r.Rounds, ratio.Cost{Wall: w})
		}
		return r
	}
	x, floor := cost(100, 2000, 300, 60, 50), cost(50, 1000, 100, 30, 50)
	require.Equal(t, ratio.Spread{Low: 2, Median: 2, High: 2}, x.Beside(floor, measure.Wall))
	require.Equal(t, ratio.Spread{Low: 6, Median: 10, High: 30}, x.Each(measure.Wall))
	require.Equal(t, "2.00 (2.00–2.00)", x.Beside(floor, measure.Wall).String())
}

func TestParallel(t *testing.T) {
	ran := make(chan struct{}, 100)
	require.NoError(t, measure.Parallel(16, 50, func() error { ran <- struct{}{}; return nil }))
	require.Len(t, ran, 50)
	require.EqualError(t, measure.Parallel(16, 50, func() error { return errors.New("no") }), "no")
}

func TestTable(t *testing.T) {
	table := measure.Table{Title: "T", Columns: []string{"name", "n"}}
	table.Add("a–b", measure.Count(1234567))
	require.Equal(t, "### T\n\n| name | n         |\n|------|-----------|\n| a–b  | 1,234,567 |\n", table.String())
	table.Title = ""
	require.True(t, strings.HasPrefix(table.String(), "| name "))
	require.Equal(t, "-123", measure.Count(-123))
	require.Equal(t, "12", measure.Count(12))
}
