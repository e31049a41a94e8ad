package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is steady may not exceed its committed figure. What is not judged is said
// or an error.
func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		limits, only string
		steady       map[string]float64
		says, err    string
	}{
		"within":             {"# of a call\n\nallocations 37\n", "", map[string]float64{"allocations": 37.4}, "allocations: 37 (allowed: 37)", ""},
		"above":              {"allocations 37", "overhead", map[string]float64{"allocations": 38}, "", "allocations: 38 is more than the 37"},
		"left out by -only":  {"allocations 37", "weight", nil, "allocations: not judged, for -only leaves out overhead", ""},
		"not measured":       {"allocations 37", "", nil, "", "allocations was not measured"},
		"measured nowhere":   {"alocations 37", "", nil, "", "nothing measures that: the names are allocations, bytes, modules, stripped"},
		"this toolchain":     {"stripped 37 " + toolchain, "", map[string]float64{"stripped": 38}, "", "stripped: 38 is more"},
		"another toolchain":  {"stripped 37 go1.2 pdp11", "", map[string]float64{"stripped": 38}, "stripped: 38, not judged: the limit is that of go1.2 pdp11", ""},
		"no number":          {"allocations many", "", nil, "", `"allocations many": the second word is no whole number`},
		"not a number":       {"allocations NaN", "", nil, "", "is no whole number"},
		"a name alone":       {"allocations", "", nil, "", "give a name and a number"},
		"half a toolchain":   {"stripped 37 go1.2", "", nil, "", "give a name and a number"},
		"a remark behind it": {"modules 2 # was 3", "", map[string]float64{"modules": 3}, "", "modules: 3 is more than the 2"},
		"twice":              {"modules 3\nmodules 4", "", nil, "", "the name is there already"},
		"none":               {"# modules 3\n", "", nil, "", "there is no limit in it"},
		"two of them exceed": {"modules 1\nbytes 1", "", map[string]float64{"modules": 2, "bytes": 2}, "", "modules: 2 is more than the 1"},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir() + "/limits"
			require.NoError(t, os.WriteFile(path, []byte(c.limits), 0o600))
			chosen, err := choose(c.only)
			require.NoError(t, err)
			var out strings.Builder
			r := report{out: &out, steady: c.steady}
			limits, err := readLimits(path)
			if err == nil {
				err = r.check(path, limits, chosen)
			}
			require.Contains(t, out.String(), c.says)
			if c.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.err)
		})
	}
}

// The committed limits can be read.
func TestCommittedLimits(t *testing.T) {
	_, err := readLimits("../../../.ci/limits")
	require.NoError(t, err)
}
