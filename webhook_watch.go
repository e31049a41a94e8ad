package agentmsg

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// watchEvery is how often a delivery is looked after. Nearly each is over
// within milliseconds, so all that only a slow one needs waits for this one
// timer. Where each delivery sets and lifts a deadline on its connection, has a
// timer for its lease and one for its context, and waits for the sender to
// hang up, that costs a twelfth of the handler's rate (docs/decisions/0007).
const watchEvery = renewEvery

// watch is what is done for a delivery that lasts. Each second it
//
//	bounds the reading of the body, until that is read
//	begins the renewals of the claim, once there is one
//	answers, once the deadline has passed or the sender has hung up
type watch struct {
	mu         sync.Mutex
	timer      *time.Timer
	body       *unreadBody // nil: it is read
	processing bool
	answered   bool
	over       bool
	sender     context.Context // ends when the sender hangs up: nobody hears an answer then
}

// unreadBody is a body, and what bounds the reading of it.
type unreadBody struct {
	writer  http.ResponseWriter
	request *http.Request
	bound   *http.ResponseController // nil: it has no deadline
}

func (d *delivery) startWatch(w http.ResponseWriter, request *http.Request) {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	d.watch.sender = request.Context()
	d.watch.body = &unreadBody{writer: w, request: request}
	d.watch.timer = time.AfterFunc(watchEvery, d.look)
}

// look is called by the timer. The user's logger is, outside the lock.
func (d *delivery) look() {
	if d.lookAfter() {
		defer d.gate.leave()
		d.log(&d.handling, slog.LevelWarn, "not handled at its deadline: answered with 503")
	}
}

// lookAfter reports whether the delivery was answered because it is late.
func (d *delivery) lookAfter() bool {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	if d.watch.over {
		return false
	}
	next, left := watchEvery, time.Until(d.until.deadline)
	if 0 < left && left < next {
		next = left
	}
	d.watch.timer.Reset(next)
	if d.watch.body != nil {
		d.boundBody()
	}
	if !d.watch.processing {
		return false
	}
	d.startRenewals()
	if d.watch.answered { // the request is over, and whose context it was may have it back
		return false
	}
	hungUp := d.watch.sender.Err() != nil
	if !hungUp && left > 0 {
		return false
	}
	d.watch.answered = true
	d.answers <- answerLate
	if hungUp {
		return false
	}
	d.gate.join() // for the line in the log
	return true
}

// boundBody recovers: the writer may be anybody's, and a timer's goroutine has
// no server around it.
func (d *delivery) boundBody() {
	defer func() { _ = recover() }()
	if body := d.watch.body; body.bound == nil {
		body.bound = d.boundRead(body.writer, body.request, d.until.deadline)
	}
}

// bodyRead lifts the connection's deadline: the server goes on reading, to hear
// when the sender hangs up.
func (d *delivery) bodyRead() {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	if bound := d.watch.body.bound; bound != nil {
		_ = bound.SetReadDeadline(time.Time{})
	}
	d.watch.body = nil
}

// watchProcess says that the event is there, and about to be processed.
func (d *delivery) watchProcess() {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	d.watch.processing = true
}

// endWatch leaves what was not read of a body to the server, which reads on
// until the deadline.
func (d *delivery) endWatch() {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	d.watch.timer.Stop()
	d.watch.over = true
	if body := d.watch.body; body != nil && body.bound == nil {
		d.boundRead(body.writer, body.request, d.until.deadline)
	}
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
