package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/hashicorp/go-retryablehttp"
)

const failing = "fail"

// connections are the new ones that calls take, where some fail to the last
// attempt.
func connections(ctx context.Context, r *report) ([]measure.Table, error) {
	var opened atomic.Int64
	server := newFailingServer(&opened)
	defer server.Close()
	table := measure.Table{
		Title: "New connections for 10,000 calls", Columns: []string{"", "connections", "a call"},
		Notes: "16 at a time, of which 2 % are answered 429 to the last attempt; three attempts, without a wait worth mentioning.\nEach client as its module makes it.",
	}
	n := 10_000
	if r.quick {
		n, table.Title = 2_000, "New connections for 2,000 calls"
	}
	ours, err := oursConnecting(server.URL)
	if err != nil {
		return nil, err
	}
	for _, c := range []struct {
		name string
		call func(ctx context.Context, content string) error
	}{
		{"agentmsg", ours},
		{"go-retryablehttp", retryableConnecting(server.URL)},
	} {
		before := opened.Load()
		var nth atomic.Int64
		err := measure.Parallel(16, n, func() error {
			content, fails := "hi", nth.Add(1)%50 == 0
			if fails {
				content = failing
			}
			if err := c.call(ctx, content); (err != nil) != fails {
				return errors.Join(errors.New("a call did not end as it should"), err)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		count := opened.Load() - before
		table.Add(c.name, count, fmt.Sprintf("%.4f", float64(count)/float64(n)))
	}
	return []measure.Table{table}, nil
}

// newFailingServer answers 429 to each body that says so, and counts its
// connections.
func newFailingServer(opened *atomic.Int64) *httptest.Server {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
		w.Header().Set("Content-Type", "application/json")
		switch {
		case err != nil:
			w.WriteHeader(http.StatusBadRequest)
		case bytes.Contains(body, []byte(failing)):
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{"sessionId":"s","userMessage":{"id":"m"}}`)
		}
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	return server
}

func oursConnecting(base string) (func(context.Context, string) error, error) {
	client, err := agentmsg.NewClient(agentmsg.WithMAIA("test-token"), agentmsg.WithBaseURL(agentmsg.MAIA, base),
		agentmsg.WithRetry(agentmsg.RetryPolicy{MinBackoff: time.Millisecond, MaxBackoff: time.Millisecond, Budget: -1}))
	return func(ctx context.Context, content string) error {
		_, err := client.Messages.Send(ctx, agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: content})
		return err
	}, err
}

func retryableConnecting(base string) func(context.Context, string) error {
	client := retryablehttp.NewClient()
	client.RetryMax, client.RetryWaitMin, client.RetryWaitMax, client.Logger = 2, time.Millisecond, time.Millisecond, nil
	return func(ctx context.Context, content string) error {
		req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, base+"/messages", []byte(`{"content":"`+content+`"}`))
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
}
