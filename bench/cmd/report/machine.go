package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/bench/internal/peers"
)

// heading says what was measured with, on what and when.
func heading(ctx context.Context, quick bool) string {
	var b strings.Builder
	b.WriteString("# Results\n\n")
	if quick {
		b.WriteString("The short form: a sixth of the rounds, so its ratios tell little; the tag light leaves out the peers that build for minutes.\n\n")
	} else {
		b.WriteString("Written by `GOWORK=off go -C bench run ./cmd/report`; not edited.\n\n")
	}
	b.WriteString("Ratios count, not times: each is the median over rounds in which all subjects ran in turn, each round begun by another (A B C B C A …),\n" +
		"within one process, with the quartiles in brackets. Times are those of one machine; its load when the report began stands below. CPU is\n" +
		"the user and system time of the measuring process; a server, where there is one, is another process.\n\n")
	fmt.Fprintf(&b, "- %s\n- %s, %d cores%s\n- %s %s/%s\n", time.Now().UTC().Format(time.DateOnly), cpuModel(), runtime.NumCPU(), load(),
		runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(&b, "- agentmsg %s\n- %s\n\n", said(ctx, "git", "describe", "--always", "--dirty= with uncommitted changes"), strings.Join(versions(ctx), ", "))
	return b.String()
}

func cpuModel() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "a processor without a name"
}

// load is what else the machine had to do when the report began.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return ", load " + strings.Fields(string(b))[0] + " at the beginning"
}

// versions are those of the modules that are measured, as this program was built
// with them, and of stripe-mock, which is built by itself.
func versions(ctx context.Context) []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	named := []string{"github.com/standard-webhooks/standard-webhooks/libraries"}
	for _, p := range peers.All() {
		named = append(named, p.Module)
	}
	var found []string
	for _, m := range info.Deps {
		if m.Replace == nil && slices.Contains(named, m.Path) {
			found = append(found, strings.TrimPrefix(m.Path, "github.com/")+" "+m.Version)
		}
	}
	return append(found, "stripe/stripe-mock "+said(ctx, "go", "list", "-m", "-f", "{{.Version}}", "github.com/stripe/stripe-mock"))
}

// said is what a program says, which knows more of this folder than we do.
func said(ctx context.Context, program string, args ...string) string {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // our own arguments
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		return "unknown (" + err.Error() + ")"
	}
	return strings.TrimSpace(string(out))
}
