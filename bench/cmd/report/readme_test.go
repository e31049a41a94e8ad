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
