package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/shape"
	"github.com/agentmsg/agentmsg/mockserver"
)

// wait is a long poll: it answers once all that the query asks for is there.
func (x *call) wait() (any, error) {
	q, err := x.queries("requests", "op", "deliveries", "idle", "timeout")
	if err != nil {
		return nil, err
	}
	op, err := operation(q)
	if err != nil {
		return nil, err
	}
	requests, err := count(q, "requests")
	if err != nil {
		return nil, err
	}
	deliveries, err := count(q, "deliveries")
	if err != nil {
		return nil, err
	}
	within, err := timeout(q)
	if err != nil {
		return nil, err
	}
	idle, given := q["idle"]
	switch {
	case given && idle != "true" && idle != "false":
		return nil, bad("idle", "idle is %q: true or false is wanted", idle)
	case requests == 0 && deliveries == 0 && idle != "true":
		return nil, bad("", "nothing is waited for: give requests (and an op), deliveries, or idle=true")
	case op != "" && requests == 0:
		return nil, bad("requests", "an op without the number of its requests: give requests too")
	}
	ctx, cancel := context.WithTimeout(x.ctx, within)
	defer cancel()
	if requests > 0 {
		err = x.server.WaitRequests(ctx, op, requests)
	}
	if err == nil && deliveries > 0 {
		err = x.server.WaitDeliveries(ctx, deliveries)
	}
	if err == nil && idle == "true" {
		err = x.server.Idle(ctx)
	}
	if err != nil {
		return nil, x.missed(err)
	}
	requests, deliveries = totals(x.server)
	return struct {
		Requests   int `json:"requests"`
		Deliveries int `json:"deliveries"`
	}{requests, deliveries}, nil
}

// missed is the answer to what did not come.
func (x *call) missed(err error) error {
	text := strings.TrimPrefix(err.Error(), "mockserver: ")
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{status: http.StatusGatewayTimeout, message: text}
	case x.opts.Stopping.Err() != nil:
		return &failure{status: http.StatusServiceUnavailable, message: "the program stops"}
	case x.ctx.Err() != nil:
		return errAnswered // there is nobody left to hear it
	}
	return errOver
}

const (
	heartbeat    = 15 * time.Second
	slowListener = 30 * time.Second
)

// events tells of each request and each delivery as it comes, and of other
// changes that there was one. A listener that comes back with Last-Event-ID
// gets what it missed, as far as the journal has it.
func (x *call) events() (any, error) {
	if _, err := x.queries(); err != nil {
		return nil, err
	}
	l := &listener{call: x, out: http.NewResponseController(x.w)}
	if last := x.r.Header.Get("Last-Event-ID"); last != "" {
		if err := l.resume(last); err != nil {
			return nil, err
		}
	} else {
		l.requests, l.deliveries = totals(l.server)
	}
	x.w.Header().Set("Content-Type", "text/event-stream")
	x.w.Header().Set("Cache-Control", "no-store")
	x.w.WriteHeader(http.StatusOK)
	if x.r.Method == http.MethodHead { // it has its answer, and its connection is free for the next
		return nil, errAnswered
	}
	l.changes = x.server.Changes()
	if l.catchUp() && l.comment("listening") {
		for l.next() {
		}
	}
	return nil, errAnswered
}

// listener is one stream of events.
type listener struct {
	*call
	out                           *http.ResponseController
	requests, deliveries, changes int
}

// totals are how many requests and deliveries there are by now.
func totals(s *mockserver.Server) (requests, deliveries int) {
	_, requests = s.RequestsSince(math.MaxInt)
	_, deliveries = s.DeliveriesSince(math.MaxInt)
	return requests, deliveries
}

// resume goes on after the event of an id. One that is yet to come was in
// another life of this world, of which the listener has heard nothing.
func (l *listener) resume(last string) error {
	requests, deliveries, _ := strings.Cut(last, ".")
	r, err := strconv.ParseUint(requests, 10, 32)
	d, err2 := strconv.ParseUint(deliveries, 10, 32)
	if err != nil || err2 != nil {
		return bad("Last-Event-ID", "Last-Event-ID is %q, which was no event's id", last)
	}
	if nowR, nowD := totals(l.server); int(r) <= nowR && int(d) <= nowD {
		l.requests, l.deliveries = int(r), int(d)
	}
	return nil
}

// next waits for a change and tells of it; false: the stream is over.
func (l *listener) next() bool {
	ctx, cancel := context.WithTimeout(l.ctx, heartbeat)
	defer cancel()
	err := l.server.Wait(ctx, func() bool { return l.server.Changes() != l.changes })
	switch {
	case l.ctx.Err() != nil:
		return false
	case errors.Is(err, context.DeadlineExceeded):
		return l.comment("still here")
	case err != nil:
		l.requests, l.deliveries = 0, 0 // who comes back with this id hears all of the world's next life
		l.send("over", struct{}{})
		return false
	}
	l.changes = l.server.Changes()
	return l.catchUp() && l.send("change", struct {
		Changes int `json:"changes"`
	}{l.changes})
}

// catchUp tells of what the journal has got since the last time.
func (l *listener) catchUp() bool {
	requests, total := l.server.RequestsSince(l.requests)
	for i, r := range requests {
		l.requests = total - len(requests) + i + 1
		if !l.send("request", shape.RequestOf(r)) {
			return false
		}
	}
	deliveries, total := l.server.DeliveriesSince(l.deliveries)
	for i, d := range deliveries {
		l.deliveries = total - len(deliveries) + i + 1
		if !l.send("delivery", shape.DeliveryOf(d)) {
			return false
		}
	}
	return true
}

func (l *listener) send(event string, data any) bool {
	b, err := json.Marshal(data)
	if err != nil {
		return false
	}
	return l.write(fmt.Sprintf("id: %d.%d\nevent: %s\ndata: %s\n\n", l.requests, l.deliveries, event, b))
}

func (l *listener) comment(text string) bool { return l.write(": " + text + "\n\n") }

// write gives a listener that does not read some time, and no more.
func (l *listener) write(text string) bool {
	_ = l.out.SetWriteDeadline(time.Now().Add(slowListener))
	if _, err := l.w.Write([]byte(text)); err != nil {
		return false
	}
	return l.out.Flush() == nil
}
