package agentmsg

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// queueBackoff is what a failed event waits before each next run; after the
// run that follows the last, it is given up.
var queueBackoff = [...]time.Duration{1 * time.Second, 2 * time.Second, 4 * time.Second}

// webhookQueue runs events that were acknowledged. Each session has a lane, in
// which one event runs at a time; at most workers lanes run. A run is a
// goroutine of its own, so the idle queue has none.
type webhookQueue struct {
	receiver       *receiver
	workers, depth int

	mu       sync.Mutex
	running  int
	waiting  int                   // events in lanes
	lanes    map[laneKey]*lane     // those with a session
	ready    []*lane               // with an event that may run, first come first served
	resting  map[*lane]*time.Timer // in back-off
	hurrying bool
}

type laneKey struct {
	tenant  string
	session SessionID
}

// lane holds the events of a session that wait. It is in exactly one of three
// states: running one event, ready, or resting; without any it is gone.
type lane struct {
	key    laneKey
	events []*queued
}

type queued struct {
	*handling
	failures int
	hurried  bool // had the run that a Shutdown gives to what fails
}

func newWebhookQueue(r *receiver, workers, depth int) *webhookQueue {
	return &webhookQueue{
		receiver: r, workers: workers, depth: depth,
		lanes: map[laneKey]*lane{}, resting: map[*lane]*time.Timer{},
	}
}

// add takes an event, to run it now or later. It reports whether there was
// room: what runs may come to wait as well, when it fails, so a free worker
// alone is none.
func (q *webhookQueue) add(h *handling) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	event := &queued{handling: h}
	key := laneKey{h.tenant, h.session}
	l, busy := q.lanes[key]
	if q.running+q.waiting >= q.workers+q.depth {
		return false
	}
	if !busy && q.running < q.workers {
		l = q.open(key)
		q.receiver.gate.join()
		q.start(l, event)
		return true
	}
	if q.waiting >= q.depth {
		return false
	}
	if !busy {
		l = q.open(key)
		q.ready = append(q.ready, l)
	}
	q.receiver.gate.join()
	l.events = append(l.events, event)
	q.waiting++
	return true
}

// open makes a lane. Events without a session have no order: each has its own.
func (q *webhookQueue) open(key laneKey) *lane {
	l := &lane{key: key}
	if key.session != "" {
		q.lanes[key] = l
	}
	return l
}

func (q *webhookQueue) start(l *lane, event *queued) {
	q.running++
	go q.work(l, event)
}

// work runs one event. What settles it is deferred, for the function may end
// its goroutine.
func (q *webhookQueue) work(l *lane, event *queued) {
	ok := false
	defer func() { q.settle(l, event, ok) }()
	ctx, cancel := q.bounded(event)
	defer cancel()
	ok = q.receiver.run(ctx, event.event)
}

func (q *webhookQueue) bounded(event *queued) (context.Context, context.CancelFunc) {
	if q.receiver.deadline == 0 {
		return context.WithCancel(event.handling)
	}
	return context.WithTimeout(event.handling, q.receiver.deadline)
}

// settle decides what becomes of an event that has run, and of its lane.
func (q *webhookQueue) settle(l *lane, event *queued, ok bool) {
	if !ok {
		event.failures++
	}
	over := ok || event.hurried || event.failures > len(queueBackoff)
	if over && !ok {
		q.receiver.stats.givenUp.Add(1)
		q.receiver.log(event.handling, slog.LevelError, "given up: it failed to the last", slog.Int("runs", event.failures))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running--
	switch {
	case over:
		q.finish(l)
	case q.hurrying:
		event.hurried = true
		q.putBack(l, event)
		q.ready = append(q.ready, l)
	default:
		q.putBack(l, event)
		q.rest(l, queueBackoff[event.failures-1])
	}
	q.next()
}

// finish lets an event go, and its lane with the last one.
func (q *webhookQueue) finish(l *lane) {
	q.receiver.gate.leave()
	if len(l.events) > 0 {
		q.ready = append(q.ready, l)
		return
	}
	delete(q.lanes, l.key)
}

func (q *webhookQueue) putBack(l *lane, event *queued) {
	l.events = slices.Insert(l.events, 0, event)
	q.waiting++
}

// rest makes a lane ready after a while, or when wake comes first.
func (q *webhookQueue) rest(l *lane, d time.Duration) {
	q.resting[l] = time.AfterFunc(d, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.wake(l)
		q.next()
	})
}

func (q *webhookQueue) wake(l *lane) {
	timer, resting := q.resting[l]
	if !resting {
		return
	}
	timer.Stop()
	delete(q.resting, l)
	q.ready = append(q.ready, l)
}

// next starts what may run.
func (q *webhookQueue) next() {
	for q.running < q.workers && len(q.ready) > 0 {
		l := q.ready[0]
		q.ready[0] = nil
		q.ready = q.ready[1:]
		event := l.events[0]
		l.events[0] = nil
		l.events = l.events[1:]
		q.waiting--
		q.start(l, event)
	}
}

// hurry ends every back-off, those to come too.
func (q *webhookQueue) hurry() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.hurrying = true
	for l := range q.resting {
		q.wake(l)
	}
	q.next()
}

func (q *webhookQueue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting
}
