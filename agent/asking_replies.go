package agent

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/agentmsg/agentmsg"
)

// closeFor bounds Waiter.Close, which no context of the caller's ends.
const closeFor = 5 * time.Second

// arrival is an event that the waiter gave.
type arrival struct {
	event agentmsg.Event
	at    time.Time
}

// message is the event as the reply that it is; nil: it is a pause.
func (e arrival) message() *agentmsg.MessageEvent {
	m, _ := e.event.(*agentmsg.MessageEvent)
	return m
}

var (
	errNoEvent   = errors.New("Next returned neither an event nor an error")
	errNextEnded = errors.New("Next ended its goroutine")
)

// listen takes from the waiter what comes, on a goroutine that leave ends.
func (a *asking) listen(ctx context.Context) {
	ctx, a.stop = context.WithCancel(ctx)
	arrivals := a.arrivals
	go func() {
		defer close(arrivals)
		a.broke = errNextEnded
		defer func() { a.panicked = recover() }()
		a.broke = a.hear(ctx, arrivals)
	}()
}

// hear is what listen does, until the waiter breaks or ctx ends.
func (a *asking) hear(ctx context.Context, arrivals chan<- arrival) error {
	for {
		event, err := a.waiter.Next(ctx)
		if err == nil && event == nil {
			err = errNoEvent
		}
		if err != nil {
			return err
		}
		arrived := arrival{event, time.Now()}
		if m := arrived.message(); m != nil { // another process may have taken it before its id was known
			_, _ = a.maia.own.settled(ctx, m.SessionID, m.MessageID)
		}
		select {
		case arrivals <- arrived:
		case <-ctx.Done():
			a.inHand = append(a.inHand, arrived)
			return ctx.Err()
		}
	}
}

// sort looks at what came.
func (a *asking) sort(e arrival) {
	switch {
	case e.message() == nil:
		a.heardOfPause(e)
	case a.isNew(e): // a store may give again what it gave
		a.decide(e)
	}
}

// decide says whether a message is a reply.
func (a *asking) decide(e arrival) {
	switch m := e.message(); {
	case a.phase == phaseQuiet, !a.maia.mayReply(m):
		a.refuse(e)
	case !a.isOlder(m):
		a.accept(e)
	case a.phase == phasePosting:
		a.undecided = append(a.undecided, e) // the clocks may differ
	default:
		a.refuse(e)
	}
}

// isNew tells whether a message has not come before.
func (a *asking) isNew(e arrival) bool {
	id := e.event.DedupeKey()
	if a.seen[id] {
		return false
	}
	a.seen[id] = true
	return true
}

// heardOfPause ends the wait, once the POST is over: a paused session keeps the
// question, and a human finds it there. Until then a resume undoes it.
func (a *asking) heardOfPause(e arrival) {
	news, ok := e.event.(*agentmsg.AIPauseEvent)
	switch {
	case !ok:
	case news.AIPaused == nil || *news.AIPaused:
		a.paused = true
	case a.phase != phaseWaiting:
		a.paused = false
	}
}

// accept takes a reply to the question, which acknowledges it.
func (a *asking) accept(e arrival) {
	a.maia.tell(a.key, e.event.DedupeKey(), true)
	if len(a.replies) == 0 {
		a.doubtful = a.maia.past.owed(a.key)
	}
	a.replies = append(a.replies, e)
	a.last = e.at
	if a.yield == nil {
		return
	}
	a.brokenOff = true // unless it comes back for more: it may panic
	a.brokenOff = !a.yield(replyOf(e.message()))
	a.last = time.Now() // what came meanwhile has a whole window to get here
}

// refuse lets go of what is no reply: to the webhook's function while its Take
// waits for that, else to the strays.
func (a *asking) refuse(e arrival) {
	id := e.event.DedupeKey()
	a.maia.mu.Lock()
	a.refused[id] = true
	a.maia.mu.Unlock()
	if a.maia.tell(a.key, id, false) {
		return
	}
	a.strays = append(a.strays, e)
	if a.maia.mayReply(e.message()) {
		a.maia.past.came(a.key, a.maia.quiet)
	}
}

// leave leaves word for the next question, closes the waiter, which lets that
// in, and decides on what it still holds.
func (a *asking) leave(ctx context.Context, end End) {
	if a.mayHaveArrived() {
		busy := a.maia.quiet
		if end == EndQuiet || a.full() && a.maia.maxReplies == 1 {
			busy = 0 // it has passed, or is none
		}
		a.maia.past.ended(a.key, busy, len(a.replies) == 0)
	}
	defer a.makeWay()
	for _, e := range a.rest(ctx) {
		m := e.message()
		isOurs := a.mayHaveArrived() && !a.isOlder(m) && a.maia.mayReply(m)
		if isOurs {
			a.maia.past.answered(a.key)
		}
		switch heard := a.maia.tell(a.key, e.event.DedupeKey(), false); {
		case heard: // its Take takes it to the webhook's function
		case isOurs:
			a.late = append(a.late, e)
		default:
			a.strays = append(a.strays, e)
		}
	}
}

// makeWay ends that Take asks this question.
func (a *asking) makeWay() {
	a.maia.mu.Lock()
	defer a.maia.mu.Unlock()
	if a.maia.asks[a.key] == a { // and not yet the next one
		delete(a.maia.asks, a.key)
	}
}

// rest is what the waiter gives back, and what was on its way from there.
func (a *asking) rest(ctx context.Context) []arrival {
	a.stop()
	rest := a.undecided
	if a.arrivals != nil {
		for e := range a.arrivals {
			rest = append(rest, e)
		}
	}
	rest = append(rest, a.inHand...)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeFor)
	defer cancel()
	back, _ := a.waiter.Close(ctx) // after a failure its lease ends by itself
	now := time.Now()
	for _, event := range back {
		if event != nil {
			rest = append(rest, arrival{event, now})
		}
	}
	return slices.DeleteFunc(rest, func(e arrival) bool { return e.message() == nil })
}
