package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/slack-go/slack/slacktest"
)

// mocks are servers for tests, beside a bare handler.
func mocks(ctx context.Context, r *report) (_ []measure.Table, err error) {
	test := newKeeper()
	defer func() {
		test.close() // the mock server says at its end too what was wrong
		err = errors.Join(err, test.failed())
	}()
	mock := mockserver.Start(test, mockserver.WithAI(nil), mockserver.WithJournal(1000))
	slackMock := slacktest.NewTestServer()
	slackMock.Start()
	defer slackMock.Stop()
	floor := httptest.NewServer(bare.NewServer())
	defer floor.Close()
	subjects := []measure.Subject{
		requests(ctx, "a bare handler", floor.URL+"/messages", mockserver.DefaultMAIAToken, mockJSON, bare.Message("s1")),
		requests(ctx, "agentmsg mockserver", mock.URL()+"/messages", mockserver.DefaultMAIAToken, mockJSON, bare.Message("s1")),
		requests(ctx, "slacktest", slackMock.GetAPIURL()+"chat.postMessage", "test-token", mockForm, slackBody),
	}
	requestTable := measure.Table{
		Title: "A request, 16 at a time over loopback",
		Notes: "400 bytes by an http.Client in the same process, which is a part of both times (without it: docs/decisions/0004). The bare handler decodes them, stores them in a map and encodes an answer. Ours also\n" +
			"keeps a journal, decodes strictly, knows credentials and state; slacktest decodes a form and keeps a list.",
	}
	var started time.Duration
	stripe, why := startStripeMock(ctx, r)
	if stripe != nil {
		defer stripe.stop()
		started = stripe.took
		subjects = append(subjects, requests(ctx, "stripe-mock", stripe.url+"/v1/payment_intents", "sk_test_123", mockForm, stripeBody))
		requestTable.Notes += "\nstripe-mock is a process of its own, so its CPU and allocations are the client's alone; it validates by an OpenAPI document."
	} else {
		requestTable.Notes += "\nstripe-mock is left out: " + why + "."
	}
	requestTable, err = besideFirst(requestTable, r.rounds(30), 400, subjects)
	if err != nil {
		return nil, err
	}
	lives, err := mockLives(r, started)
	return []measure.Table{requestTable, lives}, err
}

const (
	mockJSON = "application/json"
	mockForm = "application/x-www-form-urlencoded"
)

var (
	slackBody  = "channel=C123ABC456&token=test-token&text=" + strings.Repeat("x", 359)
	stripeBody = "amount=2000&currency=usd&description=" + strings.Repeat("x", 363)
)

func requests(ctx context.Context, name, url, token, contentType, body string) measure.Subject {
	client := newHTTPClient()
	return measure.Subject{Name: name, Run: func(n int) error {
		return measure.Parallel(16, n, func() error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
			if err != nil {
				return err
			}
			req.Header.Set("Content-Type", contentType)
			req.Header.Set("Authorization", "Bearer "+token)
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode > 299 {
				return fmt.Errorf("status %d", resp.StatusCode)
			}
			_, err = io.Copy(io.Discard, resp.Body)
			return err
		})
	}}
}

// mockLives is servers from beginning to end.
func mockLives(r *report, stripe time.Duration) (measure.Table, error) {
	t, err := besideFirst(measure.Table{Title: "A server from its beginning to its end"}, r.rounds(30), 50, []measure.Subject{
		life("httptest", func() error { httptest.NewServer(http.NotFoundHandler()).Close(); return nil }),
		life("agentmsg mockserver, in memory", func() error {
			mock, err := mockserver.New()
			if err == nil {
				mock.Close()
			}
			return err
		}),
		life("agentmsg mockserver, with a URL", func() error {
			test := newKeeper()
			mockserver.Start(test).URL()
			test.close()
			return test.failed()
		}),
		life("slacktest", func() error {
			s := slacktest.NewTestServer()
			s.Start()
			s.Stop()
			return nil
		}),
	})
	if stripe > 0 {
		t.After += fmt.Sprintf(" stripe-mock listens %d ms after its start.", stripe.Milliseconds())
	}
	return t, err
}

func life(name string, f func() error) measure.Subject {
	return measure.Subject{Name: name, Run: func(n int) error { return measure.Parallel(1, n, f) }}
}

type stripeMock struct {
	url  string
	took time.Duration
	stop func()
}

// startStripeMock runs stripe-mock, or says why it does not.
func startStripeMock(ctx context.Context, r *report) (*stripeMock, string) {
	if r.quick {
		return nil, "the short form does not build it"
	}
	build := exec.CommandContext(ctx, "go", "tool", "-n", "stripe-mock")
	build.Env = append(build.Environ(), "GOWORK=off")
	path, err := build.Output()
	if err != nil {
		return nil, "it does not build: " + err.Error()
	}
	cmd := exec.CommandContext(ctx, strings.TrimSpace(string(path)), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0") //nolint:gosec // what go built
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err.Error()
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, "it does not start: " + err.Error()
	}
	x := &stripeMock{stop: func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}}
	if x.url, err = listening(out); err != nil {
		x.stop()
		return nil, err.Error()
	}
	x.took = time.Since(began)
	go func() { _, _ = io.Copy(io.Discard, out) }() // it would block on a full pipe
	return x, ""
}

// listening reads where it listens from what it says.
func listening(out io.Reader) (string, error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "HTTP at address: "); ok {
			host := strings.TrimSpace(address)
			if _, _, err := net.SplitHostPort(host); err != nil {
				return "", fmt.Errorf("it listens at %q", host)
			}
			return "http://" + host, nil
		}
	}
	return "", errors.Join(errors.New("it does not say where it listens"), lines.Err())
}
