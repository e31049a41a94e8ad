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
	"github.com/agentmsg/agentmsg/internal/ratio"
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
		Notes: "The most memory that the process holds during an upload (`VmHWM`), less what it held before; a process for each, after an\n" +
			"upload of 64 KB: three in turn, median (least–most). Linux alone tells.",
	}
	rate := measure.Table{
		Title: "Throughput beside an http.Client (more is better)", Columns: []string{"a file of"},
		Notes: "slack-go makes three requests for a file, as its API has it; openai-go and anthropic-sdk-go send multipart/form-data.",
	}
	cpu := measure.Table{
		Title: "CPU beside an http.Client", Columns: []string{"a file of"},
		Notes: "Without TLS the kernel copies the file of a plain http.Client (sendfile). No client has that over TLS, which storages\n" +
			"speak: there the column without it is the one to look at.",
	}
	for _, w := range peers.Uploaders() {
		memory.Columns, rate.Columns, cpu.Columns = append(memory.Columns, w.Name), append(rate.Columns, w.Name), append(cpu.Columns, w.Name)
	}
	for _, size := range []struct{ megabytes, n int }{{1, 20}, {5, 6}, {50, 1}} {
		path, err := newFile(dir, size.megabytes<<20)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("%d MB", size.megabytes)
		peak, err := peaks(ctx, r, dir, path)
		if err != nil {
			return nil, err
		}
		memory.Rows = append(memory.Rows, append([]string{name}, peak...))
		results, err := uploading(ctx, r, path, size.n)
		if err != nil {
			return nil, err
		}
		rates, cpus := []string{name}, []string{name}
		for _, x := range results {
			rates = append(rates, results[0].Beside(x, measure.Wall).String()) // a rate: theirs is the divisor
			cpus = append(cpus, x.Beside(results[0], measure.CPU).String())
		}
		rate.Rows, cpu.Rows = append(rate.Rows, rates), append(cpu.Rows, cpus)
	}
	return []measure.Table{memory, rate, cpu}, nil
}

func newFile(dir string, size int) (string, error) {
	path := filepath.Join(dir, fmt.Sprintf("video-%d.mp4", size))
	return path, os.WriteFile(path, append([]byte("\x00\x00\x00\x18ftypisom"), make([]byte, size-12)...), 0o600)
}

func uploading(ctx context.Context, r *report, path string, n int) ([]measure.Result, error) {
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
	return measure.InTurn(r.rounds(30), n, subjects...)
}

// peaks asks processes of each uploader for their memory.
func peaks(ctx context.Context, r *report, dir, path string) ([]string, error) {
	warm, err := newFile(dir, 64<<10)
	if err != nil {
		return nil, err
	}
	each := make([][]float64, len(peers.Uploaders()))
	for range 3 {
		for i := range each {
			peak, told, err := peak(ctx, strings.Join([]string{strconv.Itoa(i), r.server, warm, path}, "\n"))
			if err != nil {
				return nil, err
			}
			if told {
				each[i] = append(each[i], peak)
			}
		}
	}
	row := make([]string, len(each))
	for i, values := range each {
		if row[i] = untold; len(values) > 0 {
			s := ratio.RangeOf(values)
			row[i] = fmt.Sprintf("%.1f (%.1f–%.1f)", s.Median, s.Low, s.High)
		}
	}
	return row, nil
}

// untold is what stands for memory that the system does not tell.
const untold = "–"

// peak is that of one process, if the system tells.
func peak(ctx context.Context, order string) (megabytes float64, told bool, err error) {
	cmd, err := self(ctx, envUpload+"="+order)
	if err != nil {
		return 0, false, err
	}
	out, err := cmd.Output()
	if err != nil {
		return 0, false, err
	}
	text := strings.TrimSpace(string(out))
	if text == untold {
		return 0, false, nil
	}
	megabytes, err = strconv.ParseFloat(text, 64)
	return megabytes, true, err
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
	forgot := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil // the peak so far
	idle, tells := status("VmRSS:")
	if err := upload(ctx, fields[3]); err != nil {
		return err
	}
	peak, _ := status("VmHWM:")
	if !forgot || !tells {
		fmt.Println(untold)
		return nil
	}
	fmt.Printf("%.3f\n", float64(peak-idle)/1e3)
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
