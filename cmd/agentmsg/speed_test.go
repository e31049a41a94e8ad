package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var speed = flag.Int("speed", 0, "how often TestSpeed starts each program; 0: it does not run")

// What the program takes beside a bare handler's: the time from its start to
// its first answer, its memory when nobody asks, and its rate. Times are
// printed, not judged: machines are noisy. Not parallel.
func TestSpeed(t *testing.T) { //nolint:paralleltest // see above
	if *speed == 0 {
		t.Skip("it takes its size from -speed")
	}
	mock, bare := build(t, "."), build(t, "./testdata/bare")
	var mocks, bares measures
	for range *speed { // in turns, so that both meet the same noise
		mocks.add(t, exec.CommandContext(t.Context(), mock, "mock", "--addr", "127.0.0.1:0", "--log", "json"))
		bares.add(t, exec.CommandContext(t.Context(), bare))
	}
	start, least := median(mocks.starts), median(bares.starts)
	memory, floor := slices.Max(mocks.memory), slices.Max(bares.memory)
	t.Logf("start to first answer: %.1f ms, %.2f times the bare handler's %.1f ms (aim: at most 2)", ms(start), float64(start)/float64(least), ms(least))
	t.Logf("idle memory: %.1f MB, the bare handler's %.1f MB (aim: at most 15)", float64(memory)/1e6, float64(floor)/1e6)
	t.Logf("messages a second: %.0f, %.2f times the bare handler's %.0f", median(mocks.rates), median(mocks.rates)/median(bares.rates), median(bares.rates))
	require.LessOrEqual(t, memory, int64(15e6))
}

func build(t *testing.T, pkg string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "program")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, pkg).CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}

// measures are those of one program, a life each.
type measures struct {
	starts []time.Duration
	memory []int64
	rates  []float64
}

func (m *measures) add(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	began := time.Now()
	require.NoError(t, cmd.Start())
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err)
	var said struct{ URL string }
	require.NoError(t, json.Unmarshal(line, &said))
	require.NoError(t, post(t.Context(), client, said.URL))
	m.starts = append(m.starts, time.Since(began))
	m.memory = append(m.memory, resident(t, cmd.Process.Pid))
	const senders, each = 4, 500
	began = time.Now()
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for range each {
				if err := post(t.Context(), client, said.URL); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	m.rates = append(m.rates, senders*each/time.Since(began).Seconds())
}

func post(ctx context.Context, client *http.Client, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/messages", strings.NewReader(`{"content":"hi","fromChannelIdentifier":"support","sessionId":"s1"}`))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer mock-maia-token")
	r.Header.Set("Content-Type", "application/json")
	a, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = a.Body.Close() }()
	if _, err := io.Copy(io.Discard, a.Body); err != nil || a.StatusCode != http.StatusAccepted {
		return fmt.Errorf("%d %w", a.StatusCode, err)
	}
	return nil
}

// resident is a process's memory, where the system tells it; else 0.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(b)
	require.Len(t, found, 2)
	kib, err := strconv.ParseInt(string(found[1]), 10, 64)
	require.NoError(t, err)
	return kib << 10
}

func median[T time.Duration | float64](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
