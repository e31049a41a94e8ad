package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/agentmsg/agentmsg/bench/internal/peers"
)

// uploads are files from disk over loopback, beside an http.Client that streams
// them.
func uploads(ctx context.Context, r *report) ([]measure.Table, error) {
	dir, err := os.MkdirTemp("", "uploads")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	memory := measure.Table{
		Title: "Peak memory above idle, MB", Columns: []string{"a file of"},
		Notes: "The most memory that the process holds during an upload (`VmHWM`), less what it held before; a process for each, after an\nupload of 64 KB. Linux alone tells.",
	}
	rate := measure.Table{Title: "Throughput beside an http.Client", Columns: []string{"a file of"}}
	ways := peers.Uploaders()
	for _, w := range ways {
		memory.Columns, rate.Columns = append(memory.Columns, w.Name), append(rate.Columns, w.Name)
	}
	for _, size := range []struct{ megabytes, n int }{{1, 20}, {5, 6}, {50, 1}} {
		path, err := newFile(dir, size.megabytes<<20)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("%d MB", size.megabytes)
		row, err := peaks(ctx, r, dir, path)
		if err != nil {
			return nil, err
		}
		memory.Rows = append(memory.Rows, append([]string{name}, row...))
		if row, err = throughput(ctx, r, path, size.n); err != nil {
			return nil, err
		}
		rate.Rows = append(rate.Rows, append([]string{name}, row...))
	}
	return []measure.Table{memory, rate}, nil
}

func newFile(dir string, size int) (string, error) {
	path := filepath.Join(dir, fmt.Sprintf("video-%d.mp4", size))
	return path, os.WriteFile(path, append([]byte("\x00\x00\x00\x18ftypisom"), make([]byte, size-12)...), 0o600)
}

func throughput(ctx context.Context, r *report, path string, n int) ([]string, error) {
	var subjects []measure.Subject
	for _, w := range peers.Uploaders() {
		upload, err := w.New(r.server, newHTTPClient())
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, measure.Subject{Name: w.Name, Run: func(n int) error {
			return measure.Parallel(1, n, func() error { return upload(ctx, path) })
		}})
	}
	results, err := measure.InTurn(r.rounds(30), n, subjects...)
	if err != nil {
		return nil, err
	}
	var row []string
	for _, x := range results {
		row = append(row, results[0].Beside(x, measure.Wall).String()) // a rate: theirs is the divisor
	}
	return row, nil
}

// peaks asks a process of each uploader for its memory.
func peaks(ctx context.Context, r *report, dir, path string) ([]string, error) {
	warm, err := newFile(dir, 64<<10)
	if err != nil {
		return nil, err
	}
	var row []string
	for i := range peers.Uploaders() {
		cmd, err := self(ctx, envUpload+"="+strings.Join([]string{strconv.Itoa(i), r.server, warm, path}, "\n"))
		if err != nil {
			return nil, err
		}
		out, err := cmd.Output()
		if err != nil {
			return nil, err
		}
		row = append(row, strings.TrimSpace(string(out)))
	}
	return row, nil
}

// uploadOnce is the child: it uploads a small file, then the one that counts, and
// prints its peak.
func uploadOnce(ctx context.Context, order string) error {
	fields := strings.Split(order, "\n")
	which, err := strconv.Atoi(fields[0])
	if err != nil {
		return err
	}
	upload, err := peers.Uploaders()[which].New(fields[1], &http.Client{Transport: &http.Transport{}})
	if err != nil {
		return err
	}
	if err := upload(ctx, fields[2]); err != nil {
		return err
	}
	runtime.GC()
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // forgets the peak so far
	idle, ok := status("VmRSS:")
	if err := upload(ctx, fields[3]); err != nil {
		return err
	}
	peak, _ := status("VmHWM:")
	if !ok {
		fmt.Println("–")
		return nil
	}
	fmt.Printf("%.1f\n", float64(peak-idle)/1e3)
	return nil
}

// status is a line of what Linux says of this process, in kB.
func status(name string) (int, bool) {
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, name) {
			kb, err := strconv.Atoi(strings.Fields(line)[1])
			return kb, err == nil
		}
	}
	return 0, false
}
