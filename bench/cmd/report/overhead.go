package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/agentmsg/agentmsg/bench/internal/peers"
)

// overhead is one call of each peer, beside net/http typed by hand.
func overhead(ctx context.Context, r *report) ([]measure.Table, error) {
	all := peers.All()
	var tables []measure.Table
	for _, where := range []struct {
		name   string
		base   string
		client func() *http.Client
		n      int // so many that the garbage collector has its share in each round
		rounds int // so many that each peer is first in one of them, or more
	}{
		{"in memory", "https://peer.test", func() *http.Client { return &http.Client{Transport: peers.InMemory(all)} }, 4000, 56},
		{"over loopback", r.server, newHTTPClient, 2000, 14},
	} {
		for _, parallel := range []int{1, 16} {
			subjects := make([]measure.Subject, len(all))
			for i, p := range all {
				call, err := p.New(where.base, where.client())
				if err != nil {
					return nil, err
				}
				subjects[i] = measure.Subject{Name: p.Name, Run: func(n int) error {
					return measure.Parallel(parallel, n, func() error { return call(ctx) })
				}}
			}
			results, err := measure.InTurn(r.rounds(where.rounds), where.n, subjects...)
			if err != nil {
				return nil, err
			}
			how := "one after another"
			if parallel > 1 {
				how = fmt.Sprintf("%d at a time", parallel)
			}
			t := measure.Table{Title: "Calls " + where.name + ", " + how, Columns: []string{"", "time", "CPU", "allocations", "bytes", "retries"}}
			for i, x := range results {
				t.Add(x.Name, x.Beside(results[0], measure.Wall), x.Beside(results[0], measure.CPU), measure.Count(x.Allocs()), measure.Count(x.Bytes()), retries(all[i]))
			}
			t.After = fmt.Sprintf("The floor: %s a call.", results[0].Time())
			if len(tables) == 0 {
				r.noteOverhead(all, results)
				t.Notes = "A message of some 200 bytes and an answer of some 240, as each API writes them. In memory: an `http.RoundTripper` answers, so\n" +
					"that the SDK alone is measured. `retries`: it repeats failed calls without being asked. The floor stands twice: how far its\n" +
					"second row is from 1 is noise. Tuned: all calls share a parsed URL and a header, and read into buffers from a pool.\n" +
					"resend-go reads an id alone out of its answer."
			}
			tables = append(tables, t)
		}
	}
	return tables, nil
}

// noteOverhead keeps what the chart, the README and the limits need.
func (r *report) noteOverhead(all []peers.Peer, results []measure.Result) {
	floor := results[0]
	r.summary.Columns = []string{"a call, without sockets", "time", "CPU", "allocations", "bytes", "retries"}
	for i, x := range results {
		wall := x.Beside(floor, measure.Wall).Median
		r.bars = append(r.bars, bar{x.Name, wall})
		r.summary.Add(x.Name, fmt.Sprintf("%.2f", wall), fmt.Sprintf("%.2f", x.Beside(floor, measure.CPU).Median),
			measure.Count(x.Allocs()), measure.Count(x.Bytes()), retries(all[i]))
		if x.Name == peers.Agentmsg.Name {
			r.steady["allocations"], r.steady["bytes"] = x.Allocs(), x.Bytes()
		}
	}
}

func retries(p peers.Peer) string {
	switch {
	case !p.Retries:
		return ""
	case p.Library:
		return "yes (a library, no SDK)"
	}
	return "yes"
}
