// Report measures this module beside net/http typed by hand and beside other
// SDKs, in one run, and writes RESULTS.md and overhead.svg.
//
//	GOWORK=off go -C bench run ./cmd/report
//
// -quick is a short form that writes nothing, -only names the measures, and
// -limits a file of figures that none may exceed. With the build tag light the
// peers are left out whose build takes minutes and gigabytes.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/agentmsg/agentmsg/bench/internal/peers"
)

// report is one run.
type report struct {
	quick  bool
	server string // the base URL of the other process
	out    io.Writer
	// steady are the figures that do not depend on the machine's load, by their
	// names in the file of -limits.
	steady  map[string]float64
	bars    []bar // of the chart
	summary measure.Table
}

// part is one of the measures.
type part struct {
	name, title string
	measure     func(ctx context.Context, r *report) ([]measure.Table, error)
}

var parts = []part{
	{"overhead", "1. Call overhead", overhead},
	{"weight", "2. Weight", weight},
	{"uploads", "3. Uploads", uploads},
	{"webhooks", "4. Webhooks", webhooks},
	{"mock", "5. Mock server", mocks},
	{"growth", "6. Growth", growth},
	{"connections", "7. Connections", connections},
}

func main() {
	var r report
	flag.BoolVar(&r.quick, "quick", false, "a short form; writes no files")
	only := flag.String("only", "", "some of "+names()+"; empty: all, which also writes RESULTS.md and overhead.svg")
	limits := flag.String("limits", "", "a file of figures that none may exceed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := child(ctx); err != errParent { //nolint:errorlint // our own value
		exit(err)
		return
	}
	if flag.NArg() > 0 {
		exit(fmt.Errorf("%q belongs to no flag: the measures are given with -only", flag.Arg(0)))
	}
	exit(r.run(ctx, *only, *limits))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func (r *report) run(ctx context.Context, only, limitsPath string) error {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	limits, err := readLimits(limitsPath)
	if err != nil {
		return err
	}
	writes := !r.quick && len(chosen) == len(parts)
	if writes && peers.Light {
		return errors.New("a full run writes RESULTS.md, and the tag light leaves out peers that stand there: add -quick or -only, or do without the tag")
	}
	server, stop, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer stop()
	var text bytes.Buffer
	r.server, r.steady, r.out = server, map[string]float64{}, io.MultiWriter(os.Stdout, &text)
	began := time.Now()
	fmt.Fprint(r.out, heading(ctx, r.quick))
	for _, p := range chosen {
		fmt.Fprintf(r.out, "## %s\n\n", p.title)
		tables, err := p.measure(ctx, r)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for _, t := range tables {
			fmt.Fprintln(r.out, t.String())
		}
		fmt.Fprintf(os.Stderr, "%s: %d s in all\n", p.name, int(time.Since(began).Seconds()))
	}
	if err := r.check(limitsPath, limits, chosen); err != nil {
		return err
	}
	if !writes {
		return nil
	}
	fmt.Fprintf(r.out, "## For the README\n\n%s\n%s%s\n", readmeBegin, r.summary.String(), readmeEnd)
	if err := chart("overhead.svg", r.bars); err != nil {
		return err
	}
	return os.WriteFile("RESULTS.md", text.Bytes(), 0o644) //nolint:gosec // a document
}

// A test compares what stands between these in RESULTS.md and in README.md.
const (
	readmeBegin = "<!-- measured by bench/cmd/report -->"
	readmeEnd   = "<!-- end of what bench/cmd/report measured -->"
)

// names are those of the measures.
func names() string {
	var all []string
	for _, p := range parts {
		all = append(all, p.name)
	}
	return strings.Join(all, ",")
}

func choose(only string) ([]part, error) {
	if only == "" {
		return parts, nil
	}
	var chosen []part
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("-only: there is no measure %q: give some of %s", name, names())
		}
		chosen = append(chosen, parts[i])
	}
	return chosen, nil
}

// rounds is how many there are, of the short form few.
func (r *report) rounds(full int) int {
	if r.quick {
		return max(3, full/6)
	}
	return full
}
