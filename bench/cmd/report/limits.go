package main

import (
	"errors"
	"fmt"
	"maps"
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
func (r *report) check(path string, limits []limit, chosen []part) error {
	var failed []error
	for _, l := range limits {
		by := limitedBy[l.name]
		got, measured := r.steady[l.name]
		switch {
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

// readLimits reads lines; empty ones and what is behind a # are for people.
func readLimits(path string) ([]limit, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // what the flag names
	if err != nil {
		return nil, err
	}
	var limits []limit
	for line := range strings.Lines(string(b)) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		l, err := readLimit(words)
		if err == nil && slices.ContainsFunc(limits, func(other limit) bool { return other.name == l.name }) {
			err = errors.New("the name is there already")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", path, strings.TrimSpace(line), err)
		}
		limits = append(limits, l)
	}
	if len(limits) == 0 {
		return nil, fmt.Errorf("%s: there is no limit in it", path)
	}
	return limits, nil
}

// readLimit reads a name and a number, or those, a Go version and a platform.
func readLimit(words []string) (limit, error) {
	if len(words) != 2 && len(words) != 4 {
		return limit{}, errors.New("give a name and a number, and where it is that of one toolchain alone its version and platform")
	}
	if _, known := limitedBy[words[0]]; !known {
		return limit{}, fmt.Errorf("nothing measures that: the names are %s", strings.Join(slices.Sorted(maps.Keys(limitedBy)), ", "))
	}
	allowed, err := strconv.ParseUint(words[1], 10, 64)
	if err != nil {
		return limit{}, errors.New("the second word is no whole number")
	}
	return limit{words[0], float64(allowed), strings.Join(words[2:], " ")}, nil
}
