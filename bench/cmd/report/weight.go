package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/bench/internal/hello"
	"github.com/agentmsg/agentmsg/bench/internal/measure"
)

// weight is what a program gains that sends one message, beside one that does it
// with net/http.
func weight(ctx context.Context, r *report) ([]measure.Table, error) {
	dir, err := os.MkdirTemp("", "weight")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	plain, err := buildHello(ctx, dir, hello.Plain, "-trimpath")
	if err != nil {
		return nil, err
	}
	ours, err := buildHello(ctx, dir, hello.Agentmsg, "-trimpath")
	if err != nil {
		return nil, err
	}
	r.steady["stripped"], r.steady["modules"] = float64(ours.size-plain.size), float64(ours.modules)
	table := measure.Table{
		Title: "A program that sends one message", Columns: []string{"", "stripped, MB", "more than with net/http, MB", "modules besides its own"},
		Notes: "Bytes of a program built with `-ldflags '-s -w'`.",
	}
	if plain, err = buildHello(ctx, dir, hello.Plain); err != nil {
		return nil, err
	}
	for _, program := range hello.All() {
		built, err := buildHello(ctx, dir, program)
		if err != nil {
			return nil, err
		}
		table.Add(program, fmt.Sprintf("%.2f", megabytes(built.size)), fmt.Sprintf("%.2f", megabytes(built.size-plain.size)), built.modules)
	}
	table.After = fmt.Sprintf("With `-trimpath`, agentmsg is %s bytes more than net/http.", measure.Count(r.steady["stripped"]))
	if r.quick {
		return []measure.Table{table}, nil
	}
	clean, err := cleanBuilds(ctx, dir)
	return []measure.Table{table, clean}, err
}

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }

type built struct {
	size    int64
	modules int // of others than the SDK itself
}

func buildHello(ctx context.Context, dir, program string, flags ...string) (built, error) {
	path := filepath.Join(dir, program)
	if _, err := goBuild(ctx, "", append(flags, "-o", path, hello.Package(program))...); err != nil {
		return built{}, err
	}
	stat, err := os.Stat(path)
	if err != nil {
		return built{}, err
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return built{}, err
	}
	modules := len(info.Deps)
	if program != hello.Plain {
		modules-- // its own
	}
	return built{stat.Size(), modules}, nil
}

// goBuild builds, one package at a time: some peers take gigabytes. cache is a
// build cache to use instead of the usual one. It returns the processor time.
func goBuild(ctx context.Context, cache string, args ...string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-p", "1", "-buildvcs=false", "-ldflags", "-s -w"}, args...)...) //nolint:gosec // our own arguments
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// cleanBuilds is what a build takes with an empty cache, in turn.
func cleanBuilds(ctx context.Context, dir string) (measure.Table, error) {
	table := measure.Table{
		Title: "Clean build of it, processor time", Columns: []string{"", "seconds", "beside net/http"},
		Notes: "With an empty build cache, the standard library included; the medians of three builds in turn.",
	}
	programs := []string{hello.Plain, hello.Agentmsg}
	took := map[string][]float64{}
	for round := range 3 {
		for _, program := range programs {
			cache := filepath.Join(dir, fmt.Sprintf("cache-%s-%d", program, round))
			d, err := goBuild(ctx, cache, "-o", filepath.Join(dir, program), hello.Package(program))
			if err != nil {
				return table, err
			}
			took[program] = append(took[program], d.Seconds())
			if err := os.RemoveAll(cache); err != nil {
				return table, err
			}
		}
	}
	floor := measure.SpreadOf(took[hello.Plain]).Median
	for _, program := range programs {
		s := measure.SpreadOf(took[program]).Median
		table.Add(program, fmt.Sprintf("%.1f", s), fmt.Sprintf("%.2f", s/floor))
	}
	return table, nil
}
