package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/agentmsg/agentmsg/bench/internal/peers"
)

// callers is a call where so many are under way at once, beside net/http by hand
// among as many: what both gain is the scheduler's and the collector's.
func callers(ctx context.Context, r *report) (measure.Table, error) {
	t := measure.Table{
		Title: "A call, by callers at a time", Columns: []string{"callers", "by hand: time, ratio", "by hand: CPU, ratio"},
		Notes: "In memory: a call is answered when all callers are inside, and each makes 200 or more. The time is that of all calls, divided by\n" +
			"their number. The last columns are net/http by hand among as many callers, beside itself alone.",
	}
	var subjects []measure.Subject
	sizes := r.sizes(1, 10, 100, 1000)
	for _, p := range []peers.Peer{peers.Agentmsg, peers.Floor} {
		for _, parallel := range sizes {
			together := &gathering{next: peers.InMemory(peers.All()), size: parallel}
			together.all.L = &together.mu
			call, err := p.New("https://peer.test", &http.Client{Transport: together})
			if err != nil {
				return t, err
			}
			subjects = append(subjects, measure.Subject{Name: measure.Count(float64(parallel)), N: max(10_000, 200*parallel), Run: func(n int) error {
				return measure.Parallel(parallel, n, func() error { return call(ctx) })
			}})
		}
	}
	results, err := measure.InTurn(r.rounds(8), 0, subjects...)
	if err != nil {
		return t, err
	}
	ours, hand := results[:len(sizes)], results[len(sizes):]
	for _, x := range hand {
		t.Rows = append(t.Rows, []string{x.Beside(hand[0], measure.Wall).String(), x.Beside(hand[0], measure.CPU).String()})
	}
	return besideSmallest(t, ours), nil
}

// gathering holds requests until so many are inside, then lets all of them
// through. Their number must be a multiple of its size.
type gathering struct {
	next   http.RoundTripper
	size   int
	mu     sync.Mutex
	all    sync.Cond
	inside int
	times  int // it was full
}

func (g *gathering) RoundTrip(req *http.Request) (*http.Response, error) {
	g.mu.Lock()
	if g.inside++; g.inside == g.size {
		g.inside, g.times = 0, g.times+1
		g.all.Broadcast()
	} else {
		for now := g.times; g.times == now; {
			g.all.Wait()
		}
	}
	g.mu.Unlock()
	return g.next.RoundTrip(req)
}
