package main

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg"
)

const (
	firstWait  = time.Second
	lastWait   = 256 * time.Second // ten tries in about nine minutes, each with the client's own retries
	rememberIt = 24 * time.Hour
)

// forward is the order in which statuses come. WhatsApp may bring a message
// after it gave it up.
var forward = []agentmsg.MessageStatus{"", agentmsg.StatusSent, agentmsg.StatusFailed, agentmsg.StatusDelivered, agentmsg.StatusRead}

// call is one to MAIA. Each is safe to repeat.
type call func(context.Context) error

// reports tells MAIA what became of the messages: of each one thing after the
// other, never backwards, and again where it failed. Nobody waits for it: the
// customer has the message, and an error to who delivered it would send it
// twice.
type reports struct {
	log     *slog.Logger
	ctx     context.Context // of the calls
	stop    context.CancelFunc
	telling sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	messages map[string]*report // by the gateway's id
}

// report is what MAIA is to hear of a message.
type report struct {
	link          call // nil: the gateway's Send has not returned yet
	update        call // to reached
	reached, told agentmsg.MessageStatus
	busy          bool // somebody tells it
}

func newReports(log *slog.Logger) *reports {
	ctx, stop := context.WithCancel(context.Background())
	return &reports{log: log, ctx: ctx, stop: stop, messages: map[string]*report{}}
}

// sent says that the gateway has taken a message.
func (r *reports) sent(id string, link call) {
	r.change(id, func(m *report) { m.link = link })
}

// moved says how far a message has come. It may be earlier than sent: the
// gateway's receipt races with its answer.
func (r *reports) moved(id string, status agentmsg.MessageStatus, update call) {
	r.change(id, func(m *report) {
		if slices.Index(forward, status) > slices.Index(forward, m.reached) {
			m.reached, m.update = status, update
		}
	})
}

func (r *reports) change(id string, change func(*report)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.messages[id]
	if m == nil {
		m = &report{}
		r.messages[id] = m
		time.AfterFunc(rememberIt, func() { r.forget(id) })
	}
	change(m)
	if next, _ := m.next(); next == nil || m.busy || r.closed {
		return
	}
	m.busy = true
	r.telling.Go(func() { r.tell(id, m) })
}

func (r *reports) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.messages, id)
}

// next is what is to be told next, and the status that MAIA has then; nil:
// nothing. A message without a link may be somebody else's: those have receipts
// as well.
func (m *report) next() (call, agentmsg.MessageStatus) {
	switch {
	case m.told == "":
		return m.link, agentmsg.StatusSent
	case slices.Index(forward, m.reached) > slices.Index(forward, m.told):
		return m.update, m.reached
	}
	return nil, ""
}

// tell tells all that there is to tell of a message. What it gives up is tried
// again with the message's next status.
func (r *reports) tell(id string, m *report) {
	for {
		r.mu.Lock()
		next, status := m.next()
		m.busy = next != nil
		r.mu.Unlock()
		if next == nil {
			return
		}
		err := r.insist(next)
		r.mu.Lock()
		if err == nil {
			m.told = status
		} else {
			m.busy = false
		}
		r.mu.Unlock()
		if err != nil {
			r.log.Error("given up: MAIA does not know what became of a message", "id", id, "status", status, "error", err)
			return
		}
	}
}

// insist makes a call until it succeeds, the waits are over, or the bridge is.
func (r *reports) insist(c call) error {
	for wait := firstWait; ; wait *= 2 {
		err := c(r.ctx)
		if err == nil || wait > lastWait {
			return err
		}
		select {
		case <-time.After(wait):
		case <-r.ctx.Done():
			return err
		}
	}
}

// close waits until everything is told. When ctx ends first the rest is given
// up: close returns once nothing runs any more.
func (r *reports) close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	defer context.AfterFunc(ctx, r.stop)()
	r.telling.Wait()
	r.stop()
	return ctx.Err()
}
