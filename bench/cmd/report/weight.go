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
	exact, err := r.exactly(ctx, dir)
	if err != nil || r.quick {
		return []measure.Table{exact}, err
	}
	table := measure.Table{
		Title: "The same beside the peers", Columns: []string{"", "stripped, MB", "more than with net/http, MB", "modules besides its own"},
		Notes: "Built as everybody builds, with `-ldflags '-s -w'` alone.",
	}
	var plain built
	for _, program := range append(hello.Light(), hello.Heavy()...) {
		built, err := buildHello(ctx, dir, program, nil)
		if err != nil {
			return nil, err
		}
		if program == hello.Plain {
			plain = built
		}
		table.Add(program, fmt.Sprintf("%.2f", megabytes(built.size)), fmt.Sprintf("%.2f", megabytes(built.size-plain.size)), built.modules)
	}
	clean, err := cleanBuilds(ctx)
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
		built, err := buildHello(ctx, dir, program, []string{"CGO_ENABLED=0"}, "-trimpath")
		if err != nil {
			return t, err
		}
		if program == hello.Plain {
			plain = built
		}
		more := float64(built.size - plain.size)
		t.Add(program, measure.Count(float64(built.size)), measure.Count(more), built.modules)
		if program == hello.Agentmsg {
			r.steady["stripped"], r.steady["modules"] = more, float64(built.modules)
		}
	}
	return t, nil
}

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }

type built struct {
	size    int64
	modules int // of others than the SDK itself
}

func buildHello(ctx context.Context, dir, program string, env []string, flags ...string) (built, error) {
	path := filepath.Join(dir, program)
	if _, err := goBuild(ctx, env, append(flags, "-o", path, hello.Package(program))...); err != nil {
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

// goBuild builds, one package at a time where args say nothing else: some peers
// take gigabytes. It returns the processor time.
func goBuild(ctx context.Context, env []string, args ...string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-p", "1", "-buildvcs=false", "-ldflags", "-s -w"}, args...)...) //nolint:gosec // our own arguments
	cmd.Env = append(append(os.Environ(), "GOWORK=off"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}
