package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/agentmsg/agentmsg/bench/internal/peers"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/agentmsg/agentmsg/mockserver"
)

// growth is what one of many costs: it should not depend on how many there are.
func growth(ctx context.Context, r *report) ([]measure.Table, error) {
	var tables []measure.Table
	for _, f := range []func(context.Context, *report) (measure.Table, error){callers, dedupeKeys, mockSessions, limiterWaiters, queuedEvents} {
		t, err := f(ctx, r)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// sizes of a growth; the short form leaves the greatest out.
func (r *report) sizes(all ...int) []int {
	if r.quick {
		return all[:len(all)-1]
	}
	return all
}

// grown measures subjects that differ in size, beside the smallest. The table
// has their other columns already.
func grown(t measure.Table, rounds, n int, subjects []measure.Subject) (measure.Table, error) {
	results, err := measure.InTurn(rounds, n, subjects...)
	if err != nil {
		return t, err
	}
	return besideSmallest(t, results), nil
}

func besideSmallest(t measure.Table, results []measure.Result) measure.Table {
	t.Columns = append([]string{t.Columns[0], "time, ratio", "CPU, ratio", "time", "allocations", "bytes"}, t.Columns[1:]...)
	for i, x := range results {
		t.Rows[i] = append([]string{x.Name, x.Beside(results[0], measure.Wall).String(), x.Beside(results[0], measure.CPU).String(),
			x.Time().String(), measure.Count(x.Allocs()), measure.Count(x.Bytes())}, t.Rows[i]...)
	}
	return t
}

// heap is the memory in use.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func dedupeKeys(ctx context.Context, r *report) (measure.Table, error) {
	t := measure.Table{
		Title: "MemoryDeduper: Claim and Done of one key, by keys remembered", Columns: []string{"keys", "bytes a key"},
		Notes: "Full to its bound, so that each key that comes has another go.",
	}
	var subjects []measure.Subject
	for _, keys := range r.sizes(1_000, 10_000, 100_000, 1_000_000) {
		before := heap()
		d := &agentmsg.MemoryDeduper{MaxKeys: keys}
		next := 0
		handle := func() error {
			next++
			claim, err := d.Claim(ctx, "550e8400-e29b-41d4-a716-446655440000/"+strconv.Itoa(1_000_000_000+next), time.Minute)
			if err != nil {
				return err
			}
			return d.Done(ctx, claim, 24*time.Hour)
		}
		if err := measure.Parallel(1, keys, handle); err != nil {
			return t, err
		}
		t.Rows = append(t.Rows, []string{measure.Count((heap() - before) / float64(keys))})
		subjects = append(subjects, measure.Subject{Name: measure.Count(float64(keys)), Run: func(n int) error { return measure.Parallel(1, n, handle) }})
	}
	return grown(t, r.rounds(20), 5000, subjects)
}

func mockSessions(_ context.Context, r *report) (measure.Table, error) {
	t := measure.Table{
		Title: "Mock server: a message, by sessions", Columns: []string{"sessions"},
		Notes: "The handler alone, the AI silent, the sessions in turn. A round begins with a server made anew, one message in each session.",
	}
	var subjects []measure.Subject
	for _, sessions := range r.sizes(10, 100, 1_000, 10_000, 100_000) {
		t.Rows = append(t.Rows, nil)
		f := &filledMock{sessions: sessions}
		defer f.close()
		subjects = append(subjects, measure.Subject{Name: measure.Count(float64(sessions)), Prepare: f.prepare, Run: f.post})
	}
	return grown(t, r.rounds(10), 2000, subjects)
}

// filledMock is a mock server with so many sessions.
type filledMock struct {
	sessions int
	server   *mockserver.Server
}

func (f *filledMock) prepare() (err error) {
	f.close()
	if f.server, err = mockserver.New(mockserver.WithAI(nil), mockserver.WithJournal(100)); err != nil {
		return err
	}
	return f.post(f.sessions)
}

// post sends n messages.
func (f *filledMock) post(n int) error {
	for i := range n {
		session := "s" + strconv.Itoa(i%f.sessions)
		if status := bare.ServeJSON(f.server, "/messages", mockserver.DefaultMAIAToken, bare.Message(session)); status != http.StatusAccepted {
			return fmt.Errorf("status %d", status)
		}
	}
	return nil
}

func (f *filledMock) close() {
	if f.server != nil {
		f.server.Close()
	}
}

func limiterWaiters(ctx context.Context, r *report) (measure.Table, error) {
	t := measure.Table{
		Title: "Limiter: a caller, by callers that wait", Columns: []string{"callers"},
		Notes: "All at once, through a window of 50 a millisecond: the processor's time counts, the other is the window's.",
	}
	var subjects []measure.Subject
	for _, waiters := range r.sizes(100, 1_000, 10_000) {
		t.Rows = append(t.Rows, nil)
		subjects = append(subjects, measure.Subject{Name: measure.Count(float64(waiters)), N: max(waiters, 1_000), Run: func(n int) error {
			for range n / waiters {
				l, err := agentmsg.NewLimiter(agentmsg.RateWindow{Limit: 50, Per: time.Millisecond})
				if err != nil {
					return err
				}
				if err := measure.Parallel(waiters, waiters, func() error { return l.Wait(ctx) }); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	return grown(t, r.rounds(20), 0, subjects)
}

func queuedEvents(ctx context.Context, r *report) (measure.Table, error) {
	t := measure.Table{
		Title: "Webhook queue: an event taken, queued and run, by events that wait", Columns: []string{"events", "bytes held an event"},
		Notes: "Ten events a session, four workers that begin when all events have been acknowledged; the handler in memory.",
	}
	var subjects []measure.Subject
	for _, events := range r.sizes(1_000, 10_000, 100_000) {
		q := &queued{events: events}
		held, err := q.held(ctx)
		if err != nil {
			return t, err
		}
		t.Rows = append(t.Rows, []string{measure.Count(held)})
		subjects = append(subjects, measure.Subject{Name: measure.Count(float64(events)), N: events, Prepare: q.prepare, Run: func(int) error { return q.run(ctx) }})
	}
	return grown(t, r.rounds(8), 0, subjects)
}

// queued is deliveries that all wait in a queue before the first runs.
type queued struct {
	events     int
	deliveries []*http.Request
	handler    *agentmsg.WebhookHandler
	begin      chan struct{}
}

func (q *queued) prepare() error {
	q.deliver()
	return q.open()
}

func (q *queued) open() (err error) {
	q.begin = make(chan struct{})
	begin := q.begin
	q.handler, err = agentmsg.NewWebhookHandler(func(context.Context, agentmsg.Event) error { <-begin; return nil },
		agentmsg.WithWebhookSecrets(peers.Secret), agentmsg.WithWebhookQueue(4, q.events), agentmsg.WithDeduper(&agentmsg.MemoryDeduper{MaxKeys: 2 * q.events}))
	return err
}

func (q *queued) deliver() {
	q.deliveries = make([]*http.Request, q.events)
	for i := range q.deliveries {
		q.deliveries[i] = peers.Delivery(i, i/10)
	}
}

func (q *queued) fill() error {
	for i, d := range q.deliveries {
		if status := bare.Serve(q.handler, d); status != http.StatusOK {
			return fmt.Errorf("delivery %d: status %d", i, status)
		}
		q.deliveries[i] = nil
	}
	return nil
}

func (q *queued) run(ctx context.Context) error {
	err := q.fill()
	close(q.begin)
	return errors.Join(err, q.handler.Shutdown(ctx))
}

// held is the memory that a waiting event takes, its key in the deduper included.
func (q *queued) held(ctx context.Context) (float64, error) {
	if err := q.open(); err != nil {
		return 0, err
	}
	empty := heap()
	q.deliver()
	if err := q.fill(); err != nil {
		return 0, err
	}
	q.deliveries = nil
	full := heap()
	return (full - empty) / float64(q.events), q.run(ctx)
}
