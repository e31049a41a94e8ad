package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// check compares what is steady on a noisy machine with the committed figures:
// lines of a name and a number. What was not measured is not checked.
func (r *report) check(path string) error {
	if path == "" {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var failed []error
	for line := range strings.Lines(string(b)) {
		name, figure, ok := strings.Cut(strings.TrimSpace(line), " ")
		allowed, err := strconv.ParseFloat(figure, 64)
		if !ok || err != nil {
			return fmt.Errorf("%s: %q is no name and number", path, line)
		}
		got, measured := r.steady[name]
		if !measured {
			continue
		}
		fmt.Fprintf(r.out, "%s: %.0f (allowed: %.0f)\n", name, got, allowed)
		if math.Round(got) > allowed {
			failed = append(failed, fmt.Errorf("%s: %.0f is more than the %.0f that %s allows", name, got, allowed, path))
		}
	}
	return errors.Join(failed...)
}

// forReadme is the one table that README.md repeats.
func (r *report) forReadme() string {
	return "## For the README\n\n" + readmeBegin + "\n" + strings.TrimPrefix(r.summary.String(), "### \n\n") + readmeEnd + "\n"
}

// A test compares what stands between these in RESULTS.md and in README.md.
const (
	readmeBegin = "<!-- measured by bench/cmd/report -->"
	readmeEnd   = "<!-- end of what bench/cmd/report measured -->"
)
