package ratio_test

import (
	"testing"

	"github.com/agentmsg/agentmsg/internal/ratio"
	"github.com/stretchr/testify/require"
)

func TestSpread(t *testing.T) {
	t.Parallel()
	require.Zero(t, ratio.SpreadOf(nil))
	require.Zero(t, ratio.RangeOf(nil))
	require.Equal(t, ratio.Spread{Low: 2, Median: 3, High: 4}, ratio.SpreadOf([]float64{5, 1, 4, 2, 3}))
	require.Equal(t, ratio.Spread{Low: 1, Median: 2, High: 9}, ratio.RangeOf([]float64{9, 1, 2}))
	require.Equal(t, "2.00 (1.00–9.00)", ratio.RangeOf([]float64{9, 1, 2}).String())
}
