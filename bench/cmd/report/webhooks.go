package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/agentmsg/agentmsg/bench/internal/peers"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/agentmsg/agentmsg/internal/ratio"
)

// connectionsKept and deliveriesEach are the load of webhooks: so many kept
// connections, and so many deliveries on each.
const connectionsKept, deliveriesEach = 64, 20

// reader is a handler that reads its body and no more.
var reader = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
})

func webhooks(_ context.Context, r *report) ([]measure.Table, error) {
	var tables []measure.Table
	for _, f := range []func(*report, []peers.Receiver) (measure.Table, error){verifying, inMemoryDeliveries, overConnections} {
		receivers, err := peers.Receivers()
		if err != nil {
			return nil, err
		}
		t, err := f(r, receivers)
		if err != nil {
			return nil, err
		}
		for _, x := range receivers {
			if x.Repeats != nil && x.Repeats() != 0 {
				return nil, fmt.Errorf("%s: %d deliveries were repeats to %s", t.Title, x.Repeats(), x.Name)
			}
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// besideFirst measures, and adds what each subject takes beside the first.
func besideFirst(t measure.Table, rounds, n int, subjects []measure.Subject) (measure.Table, error) {
	results, err := measure.InTurn(rounds, n, subjects...)
	if err != nil {
		return t, err
	}
	t.Columns = []string{"", "time", "CPU", "allocations", "bytes"}
	for _, x := range results {
		t.Add(x.Name, x.Beside(results[0], measure.Wall), x.Beside(results[0], measure.CPU), measure.Count(x.Allocs()), measure.Count(x.Bytes()))
	}
	t.After = fmt.Sprintf("The first row: %s each.", results[0].Time())
	return t, nil
}

func verifying(r *report, receivers []peers.Receiver) (measure.Table, error) {
	t := measure.Table{
		Title: "To verify a signature, 600 bytes", Notes: "By hand: crypto/hmac with its state from a pool. agentmsg: `VerifySignature`, which is given the secret with each call; its handler\nkeeps states too.",
	}
	var subjects []measure.Subject
	for _, x := range receivers {
		body := x.Body(1)
		header := x.Sign(body)
		subjects = append(subjects, measure.Subject{Name: x.Name, Run: func(n int) error {
			return measure.Parallel(1, n, func() error { return x.Verify(body, header) })
		}})
	}
	return besideFirst(t, r.rounds(30), 2000, subjects)
}

func renew(d *bare.Deliveries) func() error {
	return func() error { d.Renew(); return nil }
}

func inMemoryDeliveries(r *report, receivers []peers.Receiver) (measure.Table, error) {
	t := measure.Table{
		Title: "To receive a delivery, the handler alone",
		Notes: "Verify and read an event of 600 bytes; net/http's reading of the request is part of it. By hand: a bounded read, a pooled HMAC, one\ndecode. agentmsg also dedupes, holds a lease and keeps a deadline; no other does.",
	}
	var subjects []measure.Subject
	for _, x := range receivers {
		d := bare.NewDeliveries(connectionsKept, deliveriesEach, x.Request)
		subjects = append(subjects, measure.Subject{Name: x.Name, Prepare: renew(d), Run: func(int) error { return d.ServeAll(x.Handler) }})
	}
	return besideFirst(t, r.rounds(30), connectionsKept*deliveriesEach, subjects)
}

func overConnections(r *report, receivers []peers.Receiver) (measure.Table, error) {
	t := measure.Table{
		Title: "To receive a delivery, over 64 kept connections",
		Notes: "Beside a handler that reads its body and no more; the client, which costs next to nothing, is in the same process.",
	}
	b := newKeeper()
	defer b.close()
	all := append([]peers.Receiver{{Name: "a bare handler", Handler: reader, Body: receivers[0].Body, Sign: receivers[0].Sign}}, receivers...)
	var subjects []measure.Subject
	for _, x := range all {
		d := bare.NewDeliveries(connectionsKept, deliveriesEach, x.Request)
		hammer := ratio.NewHammer(b, x.Handler, connectionsKept, http.StatusOK)
		subjects = append(subjects, measure.Subject{Name: x.Name, Prepare: renew(d), Run: func(int) error {
			hammer.Hit(b, deliveriesEach, d.Request)
			return b.failed()
		}})
	}
	return besideFirst(t, r.rounds(30), connectionsKept*deliveriesEach, subjects)
}
