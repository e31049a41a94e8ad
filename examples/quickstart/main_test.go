package main

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README shows what this commit prints.
func TestOutputIsTheReadmes(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), "```text\n"+out.String()+"```\n")
}

// A step that fails ends the run with its number and name.
func TestFailureNamesTheStep(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	err := run(ctx, &out)
	require.ErrorContains(t, err, "step 1, send to the AI")
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, out.String())
}
