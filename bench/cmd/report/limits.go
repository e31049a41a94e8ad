package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// limit is a line of the file of -limits: a name, the most that is allowed, and,
// where the figure is that of one toolchain alone, its version and platform.
type limit struct {
	name      string
	allowed   float64
	toolchain string
}

// toolchain is this program's, as a limit names it.
var toolchain = runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH

// limitedBy names the measure that gives a limit its figure.
var limitedBy = map[string]string{"allocations": "overhead", "bytes": "overhead", "modules": "weight", "stripped": "weight"}

// check compares what is steady on a noisy machine with the committed figures.
// What is not judged is said: only -only and another toolchain excuse it.
func (r *report) check(path string, chosen []part) error {
	if path == "" {
		return nil
	}
	limits, err := readLimits(path)
	if err != nil {
		return err
	}
	var failed []error
	for _, l := range limits {
		by, known := limitedBy[l.name]
		got, measured := r.steady[l.name]
		switch {
		case !known:
			failed = append(failed, fmt.Errorf("%s: nothing measures %s", path, l.name))
		case !slices.ContainsFunc(chosen, func(p part) bool { return p.name == by }):
			fmt.Fprintf(r.out, "%s: not judged, for -only leaves out %s\n", l.name, by)
		case !measured:
			failed = append(failed, fmt.Errorf("%s: %s was not measured", path, l.name))
		case l.toolchain != "" && l.toolchain != toolchain:
			fmt.Fprintf(r.out, "%s: %.0f, not judged: the limit is that of %s, this is %s\n", l.name, got, l.toolchain, toolchain)
		case math.Round(got) > l.allowed:
			failed = append(failed, fmt.Errorf("%s: %.0f is more than the %.0f that %s allows", l.name, got, l.allowed, path))
		default:
			fmt.Fprintf(r.out, "%s: %.0f (allowed: %.0f)\n", l.name, got, l.allowed)
		}
	}
	return errors.Join(failed...)
}

// readLimits reads lines; empty ones and those after a # are for people.
func readLimits(path string) ([]limit, error) {
	b, err := os.ReadFile(path) //nolint:gosec // what the flag names
	if err != nil {
		return nil, err
	}
	var limits []limit
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		figure, of, _ := strings.Cut(rest, " ")
		allowed, err := strconv.ParseFloat(figure, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is no name and number", path, line)
		}
		limits = append(limits, limit{name, allowed, of})
	}
	return limits, nil
}
