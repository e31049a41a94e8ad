package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/agentmsg/agentmsg/bench/internal/peers"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/hashicorp/go-retryablehttp"
)

// connections are the new ones that calls take: where all succeed, and where some
// fail to the last attempt.
func connections(ctx context.Context, r *report) ([]measure.Table, error) {
	var opened atomic.Int64
	server := newFailingServer(&opened)
	defer server.Close()
	n := 10_000
	if r.quick {
		n = 2_000
	}
	table := measure.Table{
		Title:   fmt.Sprintf("New connections for %s calls", measure.Count(float64(n))),
		Columns: []string{"", "none fails", "2 % fail", "a call, where 2 % fail"},
		Notes: "16 at a time. A call that fails is answered 429 and \"Retry-After: 0\" however often its SDK asks. All have the same kind of\n" +
			"http.Client, whose pool holds the connections of all callers; in the rows that say so, the one that the module makes.\n" +
			"go-retryablehttp closes idle connections when it gives a call up, and its own http.Client keeps GOMAXPROCS+1 to a host.",
	}
	for _, c := range connectors() {
		row := []any{c.name}
		var count int64
		for _, every := range []int64{0, 50} {
			call, err := c.new(server.URL)
			if err != nil {
				return nil, err
			}
			before := opened.Load()
			if err := callsThatFail(ctx, call, n, every); err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			count = opened.Load() - before
			row = append(row, measure.Count(float64(count)))
		}
		table.Add(append(row, fmt.Sprintf("%.4f", float64(count)/float64(n)))...)
	}
	return []measure.Table{table}, nil
}

// connector makes a client whose pool is empty.
type connector struct {
	name string
	new  func(base string) (peers.Call, error)
}

// connectors are the floor and those that retry.
func connectors() []connector {
	const own = ", its module's http.Client"
	var all []connector
	for _, p := range peers.All() {
		if p.Name != peers.Floor.Name && !p.Retries {
			continue
		}
		all = append(all, connector{p.Name, func(base string) (peers.Call, error) {
			return p.New(base, marking(newHTTPClient()))
		}})
		switch {
		case p.Name == peers.Agentmsg.Name:
			all = append(all, connector{p.Name + own, ownAgentmsg})
		case p.Library:
			all = append(all, connector{p.Name + own, func(base string) (peers.Call, error) {
				return p.New(base, marking(retryablehttp.NewClient().HTTPClient))
			}})
		}
	}
	return all
}

func ownAgentmsg(base string) (peers.Call, error) {
	client, err := agentmsg.NewClient(agentmsg.WithMAIA(bare.Token), agentmsg.WithBaseURL(agentmsg.MAIA, base))
	if err != nil {
		return nil, err
	}
	params := bare.Params[agentmsg.SendMessageParams]()
	return func(ctx context.Context) error {
		var opts []agentmsg.CallOption
		if fails(ctx) {
			opts = append(opts, agentmsg.WithHeader(failHeader, "1"))
		}
		_, err := client.Messages.Send(ctx, params, opts...)
		return err
	}, nil
}

// callsThatFail makes n calls, of which each so manyth fails; 0: none.
func callsThatFail(ctx context.Context, call peers.Call, n int, every int64) error {
	var nth atomic.Int64
	return measure.Parallel(16, n, func() error {
		ctx, toFail := ctx, every > 0 && nth.Add(1)%every == 0
		if toFail {
			ctx = context.WithValue(ctx, failing{}, true)
		}
		if err := call(ctx); (err != nil) != toFail {
			return errors.Join(errors.New("a call did not end as it should"), err)
		}
		return nil
	})
}

// failing marks the context of a call that is to fail, and failHeader its
// requests.
type failing struct{}

const failHeader = "X-Bench-Fails"

func fails(ctx context.Context) bool { return ctx.Value(failing{}) != nil }

// marking has a client mark the requests of calls that are to fail.
func marking(h *http.Client) *http.Client {
	h.Transport = marker{h.Transport.(*http.Transport)}
	return h
}

// marker embeds the transport, which clients ask for more than a round trip.
type marker struct{ *http.Transport }

func (m marker) RoundTrip(req *http.Request) (*http.Response, error) {
	if fails(req.Context()) {
		req = req.Clone(req.Context())
		req.Header.Set(failHeader, "1")
	}
	return m.Transport.RoundTrip(req)
}

// newFailingServer answers the peers' calls, and 429 where the request says so. It
// counts its connections.
func newFailingServer(opened *atomic.Int64) *httptest.Server {
	answers := peers.Handler(peers.All())
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get(failHeader) == "" {
			answers.ServeHTTP(w, req)
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	return server
}
