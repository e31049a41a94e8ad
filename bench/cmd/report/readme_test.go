package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// README.md repeats one table of RESULTS.md, and no number that the report did
// not print.
func TestReadmeRepeatsTheResults(t *testing.T) {
	block := func(path string) string {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		_, text, begins := strings.Cut(string(b), readmeBegin)
		text, _, ends := strings.Cut(text, readmeEnd)
		require.True(t, begins && ends, path)
		return text
	}
	require.Equal(t, block("../../RESULTS.md"), block("../../../README.md"))
}

// What is steady may not exceed its committed figure; what was not measured is
// not judged.
func TestLimits(t *testing.T) {
	path := t.TempDir() + "/limits"
	require.NoError(t, os.WriteFile(path, []byte("allocations 37\nbytes 4310\n"), 0o600))
	check := func(steady map[string]float64) error {
		r := report{out: &strings.Builder{}, steady: steady}
		return r.check(path)
	}
	require.NoError(t, check(map[string]float64{"allocations": 37.4, "modules": 9}))
	require.ErrorContains(t, check(map[string]float64{"allocations": 38}), "allocations: 38 is more than the 37")
	require.NoError(t, os.WriteFile(path, []byte("allocations many\n"), 0o600))
	require.ErrorContains(t, check(nil), "is no name and number")
}
