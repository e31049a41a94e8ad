package agent

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/agentmsg/agentmsg"
)

// MemoryWaiters are [Waiters] in memory: they know this process alone, and end
// with it. What they hold grows with the questions that are open, and with
// nothing else. The zero value is ready. Safe for concurrent use.
type MemoryWaiters struct {
	mu    sync.Mutex
	lines map[string]*line // those with an open waiter
}

// NewMemoryWaiters returns waiters of which none is open.
func NewMemoryWaiters() *MemoryWaiters { return new(MemoryWaiters) }

// line is a key's open waiter and those who want to be the next.
type line struct {
	open  *memoryWaiter
	queue []*turn
}

// turn is one who waits in a line. granted is closed when it has the waiter.
type turn struct {
	granted chan struct{}
	waiter  *memoryWaiter
}

// Open opens a waiter once it is the caller's turn; see [Waiters].
func (w *MemoryWaiters) Open(ctx context.Context, key string) (Waiter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := w.join(key)
	select {
	case <-t.granted:
		return t.waiter, nil
	case <-ctx.Done():
	}
	if !w.leave(key, t) { // it was granted at the last moment, and may hold something by now
		return t.waiter, nil
	}
	return nil, ctx.Err()
}

// join takes a place in the line, which may be the first.
func (w *MemoryWaiters) join(key string) *turn {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := &turn{granted: make(chan struct{})}
	l, busy := w.lines[key]
	if busy {
		l.queue = append(l.queue, t)
		return t
	}
	if w.lines == nil {
		w.lines = map[string]*line{}
	}
	l = new(line)
	w.lines[key] = l
	w.grant(key, l, t)
	return t
}

// leave gives up a place in the line; false: its turn had come.
func (w *MemoryWaiters) leave(key string, t *turn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.waiter != nil {
		return false
	}
	l := w.lines[key]
	l.queue = slices.DeleteFunc(l.queue, func(other *turn) bool { return other == t })
	return true
}

// grant opens a waiter. w.mu is held.
func (w *MemoryWaiters) grant(key string, l *line, t *turn) {
	l.open = &memoryWaiter{
		waiters: w, key: key, seen: map[string]struct{}{},
		came: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	t.waiter = l.open
	close(t.granted)
}

// Offer gives the event to the key's open waiter; see [Waiters].
func (w *MemoryWaiters) Offer(_ context.Context, key string, ev agentmsg.Event) (taken bool, err error) {
	id := ev.DedupeKey()
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lines[key]
	if l == nil {
		return false, nil
	}
	if _, again := l.open.seen[id]; !again {
		l.open.seen[id] = struct{}{}
		l.open.events = append(l.open.events, ev)
		l.open.wake()
	}
	return true, nil
}

// memoryWaiter's fields but the channels are under the waiters' lock.
type memoryWaiter struct {
	waiters *MemoryWaiters
	key     string
	events  []agentmsg.Event
	seen    map[string]struct{}
	came    chan struct{} // something may be there
	closed  chan struct{}
}

var errWaiterClosed = errors.New("the waiter is closed")

// wake tells one who waits in Next that there is something.
func (w *memoryWaiter) wake() {
	select {
	case w.came <- struct{}{}:
	default:
	}
}

func (w *memoryWaiter) Next(ctx context.Context) (agentmsg.Event, error) {
	for {
		if ev := w.take(); ev != nil {
			return ev, nil
		}
		select {
		case <-w.came:
		case <-w.closed:
			return nil, errWaiterClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (w *memoryWaiter) take() agentmsg.Event {
	w.waiters.mu.Lock()
	defer w.waiters.mu.Unlock()
	if len(w.events) == 0 {
		return nil
	}
	ev := w.events[0]
	w.events = w.events[1:]
	if len(w.events) > 0 {
		w.wake() // another Next
	}
	return ev
}

func (w *memoryWaiter) Close(context.Context) ([]agentmsg.Event, error) {
	all := w.waiters
	all.mu.Lock()
	defer all.mu.Unlock()
	select {
	case <-w.closed:
		return nil, nil
	default:
	}
	close(w.closed)
	rest := w.events
	w.events = nil
	l := all.lines[w.key]
	if len(l.queue) == 0 {
		delete(all.lines, w.key)
		return rest, nil
	}
	next := l.queue[0]
	l.queue = l.queue[1:]
	all.grant(w.key, l, next)
	return rest, nil
}
