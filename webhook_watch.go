package agentmsg

import (
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// watchEvery is how often a delivery is looked after. Nearly each is over
// within milliseconds, so all that only a slow one needs waits for this one
// timer. Where each delivery sets and lifts a deadline on its connection, has a
// timer for its lease and one for its context, and waits for the sender to
// hang up, that costs a twentieth of the handler's rate (docs/decisions/0007).
const watchEvery = renewEvery

// watch is what is done for a delivery that lasts. Each second it
//
//	bounds the reading of the body, until that is read
//	begins the renewals of the claim, once there is one
//	answers, once the deadline has passed or the sender has hung up
type watch struct {
	writer   http.ResponseWriter
	request  *http.Request // its context ends when the sender hangs up: nobody hears an answer then
	answered chan struct{} // closed once answer is there; the first answer stays

	mu     sync.Mutex
	timer  *time.Timer
	stage  watchStage
	bound  *http.ResponseController // that has set a deadline for the body
	answer webhookAnswer
	given  bool // the answer
}

// watchStage is how far a delivery has come.
type watchStage int

const (
	stageReading watchStage = iota
	stageDecoding
	stageProcessing
	stageOver
)

func (d *delivery) startWatch(w http.ResponseWriter, request *http.Request) {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	d.watch.writer, d.watch.request = w, request
	d.watch.timer = time.AfterFunc(watchEvery, d.look)
}

// look is called by the timer. The user's logger is, outside the lock.
func (d *delivery) look() {
	if d.lookOnce() {
		defer d.gate.leave()
		d.log(&d.handling, slog.LevelWarn, "not handled at its deadline: answered with 503")
	}
}

// lookOnce reports whether it answered because the delivery is late.
func (d *delivery) lookOnce() bool {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	if d.watch.stage == stageOver { // while this look was on its way
		return false
	}
	next, left := watchEvery, time.Until(d.until.At)
	if 0 < left && left < next {
		next = left
	}
	d.watch.timer.Reset(next)
	switch d.watch.stage {
	case stageReading:
		d.boundBody()
	case stageProcessing:
		d.startRenewals()
		return d.giveUp(left <= 0)
	}
	return false
}

// giveUp answers for a run that has not ended: nobody waits any longer.
func (d *delivery) giveUp(late bool) bool {
	if d.watch.given {
		return false
	}
	hungUp := d.watch.request.Context().Err() != nil
	if hungUp || late {
		d.give(answerLate)
	}
	if hungUp || !late {
		return false
	}
	d.gate.join() // for the line in the log
	return true
}

// give leaves the answer, unless one was given before. The watch lets go of the
// request with it.
func (d *delivery) give(a webhookAnswer) {
	if !d.watch.given {
		d.watch.given, d.watch.answer = true, a
		d.watch.writer, d.watch.request = nil, nil
		close(d.watch.answered)
	}
}

// boundBody recovers: the writer may be anybody's, and a timer's goroutine has
// no server around it.
func (d *delivery) boundBody() {
	defer func() { _ = recover() }()
	if d.watch.bound == nil {
		d.watch.bound = d.boundRead(d.watch.writer, d.watch.request, d.until.At)
	}
}

// bodyRead lifts the connection's deadline: the server goes on reading, to hear
// when the sender hangs up.
func (d *delivery) bodyRead() {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	if d.watch.bound != nil {
		_ = d.watch.bound.SetReadDeadline(time.Time{})
	}
	d.watch.stage = stageDecoding
}

// beginProcess is called when the event is there.
func (d *delivery) beginProcess() {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	d.watch.stage = stageProcessing
}

func (d *delivery) endProcess(a webhookAnswer) {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	d.endWatch()
	d.give(a)
}

// endUnprocessed ends the watch of a delivery that is refused. What was not read
// of its body is the server's, which reads on until the deadline.
func (d *delivery) endUnprocessed() {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	unbound := d.watch.stage == stageReading && d.watch.bound == nil
	d.endWatch()
	if unbound {
		d.boundRead(d.watch.writer, d.watch.request, d.until.At)
	}
}

func (d *delivery) endWatch() {
	d.watch.timer.Stop()
	d.watch.stage = stageOver
}

// boundRead ends reading at the deadline. It returns nil where the writer
// cannot do that, the server does it earlier, or there is nothing to read: the
// server waits already then for the sender to hang up, and would take the
// deadline for that.
func (r *receiver) boundRead(w http.ResponseWriter, request *http.Request, deadline time.Time) *http.ResponseController {
	if request.ContentLength == 0 {
		return nil
	}
	server, ok := request.Context().Value(http.ServerContextKey).(*http.Server)
	if ok && server.ReadTimeout > 0 && server.ReadTimeout < r.requestDeadline {
		return nil
	}
	control := http.NewResponseController(w)
	if control.SetReadDeadline(deadline) != nil {
		return nil
	}
	return control
}
