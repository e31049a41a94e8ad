package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	exact, err := r.exactly(ctx, dir)
	if err != nil || r.quick {
		return []measure.Table{exact}, err
	}
	table := measure.Table{
		Title: "The same beside the peers", Columns: []string{"", "stripped, MB", "more than with net/http, MB", "modules besides its own"},
		Notes: "Built as everybody builds, with `-ldflags '-s -w'` alone.",
	}
	var plain built
	for _, program := range hello.All() {
		built, err := buildHello(ctx, dir, program)
		if err != nil {
			return nil, err
		}
		if program == hello.Plain {
			plain = built
		}
		table.Add(program, fmt.Sprintf("%.2f", megabytes(built.size)), fmt.Sprintf("%.2f", megabytes(built.size-plain.size)), built.modules)
	}
	clean, err := cleanBuilds(ctx, dir)
	return []measure.Table{exact, table, clean}, err
}

// exactly is the weight that does not depend on where and by what it was built:
// without cgo and paths.
func (r *report) exactly(ctx context.Context, dir string) (measure.Table, error) {
	t := measure.Table{
		Title: "A program that sends one message", Columns: []string{"", "stripped, bytes", "more than with net/http", "modules besides its own"},
		Notes: "Built with `CGO_ENABLED=0 go build -trimpath -ldflags '-s -w'`.",
	}
	var plain built
	for _, program := range []string{hello.Plain, hello.Agentmsg} {
		built, err := buildHello(ctx, dir, program, "-trimpath")
		if err != nil {
			return t, err
		}
		if program == hello.Plain {
			plain = built
		}
		more := float64(built.size - plain.size)
		t.Add(program, measure.Count(float64(built.size)), measure.Count(more), built.modules)
		r.steady["stripped"], r.steady["modules"] = more, float64(built.modules)
	}
	return t, nil
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
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if slices.Contains(args, "-trimpath") {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
	}
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
		Notes: "With an empty build cache, the standard library included; the lesser of two builds, in turn.",
	}
	programs := []string{hello.Plain, hello.Agentmsg}
	took := map[string][]float64{}
	for round := range 2 {
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
	floor := slices.Min(took[hello.Plain])
	for _, program := range programs {
		s := slices.Min(took[program])
		table.Add(program, fmt.Sprintf("%.1f", s), fmt.Sprintf("%.2f", s/floor))
	}
	return table, nil
}
