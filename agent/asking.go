package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/agentmsg/agentmsg"
)

// phase is how far a question has come.
type phase int

const (
	phaseQuiet   phase = iota // its turn has come; the session is left alone for a while
	phasePosting              // the POST is under way
	phaseWaiting              // it was answered, or lost
)

// asking is a question whose waiter is open. All of it happens on the
// goroutine of the one who asks, but for the POST and for Waiter.Next, whose
// goroutines end with it.
type asking struct {
	maia     *MAIA
	question Question
	key      string
	yield    func(Reply) bool // nil: the replies are collected

	waiter   Waiter
	arrivals chan arrival // closed when there can be no more
	stop     func()       // ends them
	inHand   []arrival    // what stop left in the air; once arrivals is closed
	broke    error        // why Next failed; once arrivals is closed
	panicked any          // what Next panicked with; once arrivals is closed
	sent     chan sent

	// Under the agent's lock, for Take, and written by this goroutine alone.
	phase   phase
	since   time.Time // nothing older is a reply; before the POST is over, a guess
	refused map[string]bool

	seen      map[string]bool // the messages that were looked at
	post      sent
	postedAt  time.Time
	replies   []arrival // acknowledged
	undecided []arrival // that may be older than the question
	late      []arrival // acknowledged, and found when all was over
	strays    []arrival // acknowledged, and no part of the answer
	last      time.Time // when a reply came
	paused    bool
	brokenOff bool
	doubtful  bool // the first reply may be another question's
}

// sent is what became of the POST.
type sent struct {
	receipt *agentmsg.MessageReceipt
	err     error
	panic   any
}

// ask is Ask, and Replies with a yield.
func (m *MAIA) ask(ctx context.Context, q Question, yield func(Reply) bool) (*Answer, error) {
	if err := m.prepare(ctx, &q); err != nil {
		return nil, err
	}
	a, err := m.open(ctx, q, yield)
	if err != nil {
		return nil, &AskError{SessionID: q.SessionID, Outcome: agentmsg.OutcomeNotSent, Err: fmt.Errorf("the session's turn: %w", err)}
	}
	defer a.abandon(ctx)
	end, err := a.live(ctx)
	if a.brokenOff {
		return nil, nil //nolint:nilnil // whoever broke off asks for neither
	}
	return a.result(ctx, end, err)
}

// open waits for the session's turn.
func (m *MAIA) open(ctx context.Context, q Question, yield func(Reply) bool) (*asking, error) {
	a := &asking{
		maia: m, question: q, key: m.key(q.SessionID), yield: yield,
		arrivals: make(chan arrival), sent: make(chan sent, 1), refused: map[string]bool{}, seen: map[string]bool{},
	}
	m.mu.Lock()
	m.opening[a.key]++
	m.mu.Unlock()
	waiter, err := m.waiters.Open(ctx, a.key)
	if err == nil && waiter == nil {
		err = errNoWaiter
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.opening[a.key]--; m.opening[a.key] == 0 {
		delete(m.opening, a.key)
	}
	if err != nil {
		return nil, err
	}
	a.waiter = waiter
	m.asks[a.key] = a
	return a, nil
}

var errNoWaiter = errors.New("Open returned neither a waiter nor an error")

// live takes the question from its turn to its end, and closes the waiter
// whatever happens in the yield.
func (a *asking) live(ctx context.Context) (end End, err error) {
	defer func() { a.leave(ctx, end) }()
	a.listen(ctx)
	for {
		if end, err := a.over(ctx); end != "" || err != nil {
			return end, err
		}
		a.step(ctx)
	}
}

// step waits for the next thing to happen.
func (a *asking) step(ctx context.Context) {
	var timeUp <-chan time.Time
	if at := a.deadline(); !at.IsZero() {
		timer := time.NewTimer(time.Until(at))
		defer timer.Stop()
		timeUp = timer.C
	}
	done := ctx.Done()
	if a.phase == phasePosting {
		done = nil // the POST ends with ctx, and only it knows its outcome
	}
	select {
	case arrived, ok := <-a.hearing():
		if !ok {
			a.arrivals = nil
			return
		}
		a.sort(arrived)
	case post := <-a.sent:
		a.posted(post)
	case <-timeUp:
		if a.phase == phaseQuiet && !time.Now().Before(a.maia.past.busy(a.key)) {
			a.send(ctx)
		}
	case <-done:
	}
}

// hearing is where replies come from, unless the next one must not be
// acknowledged: a Take waits for the word on it then.
func (a *asking) hearing() <-chan arrival {
	if a.full() {
		return nil
	}
	if a.yield != nil && a.phase == phasePosting {
		return nil // what is yielded is acknowledged, and nothing is yielded yet
	}
	return a.arrivals
}

// deadline is when something is to happen by itself; zero: never.
func (a *asking) deadline() time.Time {
	switch {
	case a.phase == phaseQuiet:
		if busy := a.maia.past.busy(a.key); !busy.IsZero() {
			return busy
		}
		return time.Now()
	case a.phase == phasePosting:
		return time.Time{}
	case len(a.replies) > 0:
		return a.last.Add(a.maia.quiet)
	}
	return a.postedAt.Add(a.maia.timeout)
}

// over tells whether the question has come to its end, and which.
func (a *asking) over(ctx context.Context) (End, error) {
	switch {
	case a.phase == phasePosting:
		return "", nil
	case a.brokenOff:
		return "", errBrokenOff
	case a.phase == phaseWaiting && !a.mayHaveArrived():
		return "", a.post.err
	case ctx.Err() != nil:
		return "", a.ended(ctx.Err())
	case a.arrivals == nil && a.panicked != nil:
		panic(a.panicked) // where the caller can see it
	case a.arrivals == nil:
		return "", a.ended(fmt.Errorf("the session's waiter: %w", a.broke))
	case a.phase == phaseQuiet:
		return "", nil
	}
	return a.answered()
}

// answered is over for a question that is waiting for its answer.
func (a *asking) answered() (End, error) {
	switch n := len(a.replies); {
	case a.paused && n > 0:
		return EndPaused, nil
	case a.paused:
		return "", a.ended(fmt.Errorf("%w: before it replied: a human has taken over", ErrPaused))
	case a.full():
		return EndMaxReplies, nil
	case time.Now().Before(a.deadline()):
		return "", nil
	case n > 0:
		return EndQuiet, nil
	}
	return "", a.ended(fmt.Errorf("%w: nothing came for %v: what comes later goes to the webhook's function", ErrNoReply, a.maia.timeout))
}

// errBrokenOff ends a range over Replies, and is seen by nobody.
var errBrokenOff = errors.New("broken off")

// ended is why the wait ended, with why the question is not known to have
// arrived.
func (a *asking) ended(why error) error {
	if a.post.err == nil || errors.Is(a.post.err, why) {
		return cmp.Or(a.post.err, why)
	}
	return fmt.Errorf("%w; the question's call: %w", why, a.post.err)
}

// full tells whether there are as many replies as there may be.
func (a *asking) full() bool { return a.maia.maxReplies > 0 && len(a.replies) >= a.maia.maxReplies }

// outcome is what is known of the question's arrival.
func (a *asking) outcome() agentmsg.Outcome {
	switch {
	case a.post.err != nil:
		return agentmsg.OutcomeOf(a.post.err)
	case a.post.receipt == nil:
		return agentmsg.OutcomeNotSent
	}
	return agentmsg.OutcomeAccepted
}

// mayHaveArrived tells whether a reply may come.
func (a *asking) mayHaveArrived() bool { return a.outcome() >= agentmsg.OutcomeUnknown }
