package agentmsg

import (
	"context"
	"net/http"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
)

// A message's id stays its own for good; MAIA delivers again within a minute,
// so a day is for what an operator sends again. A hash is that of a body, and
// two equal ones may be two events.
const (
	keepMessage = 24 * time.Hour
	keepHash    = 10 * time.Minute
)

// inFlightPoll is how often a delivery asks whether the other run of its event
// has ended. To refuse it at once would spend MAIA's three repeats in 7 s.
const inFlightPoll = 100 * time.Millisecond

// delivery is one request, and its event once that is read.
type delivery struct {
	*receiver
	handling
	until transport.Deadline // the context of the function and the stores, which seldom ask for its end
	watch watch
	lease lease
}

func newDelivery(r *receiver, deadline time.Time) *delivery {
	return &delivery{receiver: r, until: transport.Deadline{At: deadline}, watch: watch{answered: make(chan struct{})}}
}

// receive reads a delivery, and processes it on a goroutine of its own, which
// may outlive the answer.
func (d *delivery) receive(w http.ResponseWriter, request *http.Request) webhookAnswer {
	d.startWatch(w, request)
	ready := false
	defer func() { // deferred, for the body may panic
		if !ready {
			d.endUnprocessed()
		}
	}()
	if err := d.read(request); err != nil {
		return d.refuse(request.Context(), answerTo(err))
	}
	if d.until.IsLate() { // nothing could bound the reading
		return d.refuse(&d.handling, answerLate)
	}
	ready = true
	d.beginProcess()
	d.gate.join()
	go d.process(request.Context())
	<-d.watch.answered
	return d.watch.answer
}

// read bounds, verifies and decodes a request. Every error is a *WebhookError.
func (d *delivery) read(request *http.Request) error {
	if err := checkDelivery(request); err != nil {
		return err
	}
	tenant, keys, err := d.tenantOf(request, d.until.At)
	if err != nil {
		return err
	}
	body, err := readDelivery(request)
	if err != nil {
		return err
	}
	d.bodyRead()
	if err := verifyDelivery(request, body, keys); err != nil {
		return err
	}
	event, err := parseOwned(body)
	if err != nil {
		return err
	}
	d.handling = newHandling(request.Context(), tenant, event)
	d.until.Parent = &d.handling
	return nil
}

// process settles the event, and leaves the answer.
func (d *delivery) process(request context.Context) {
	a := answerFailed // what a function leaves that ends its goroutine
	defer d.gate.leave()
	defer d.until.End()
	defer func() { d.endProcess(a) }()
	a = d.settle(&d.until, request)
}

// settle claims the event, deals with it, and is done with the claim or
// releases it.
func (d *delivery) settle(ctx, request context.Context) webhookAnswer {
	claim, refused := d.claim(ctx, request)
	if claim.State != ClaimGranted {
		return refused
	}
	d.hold(claim)
	handled := false
	defer func() { d.end(ctx, handled) }()
	var a webhookAnswer
	a, handled = d.dispatch(ctx)
	return a
}

// claim asks for the event until it is granted, handled or too late.
func (d *delivery) claim(ctx, request context.Context) (Claim, webhookAnswer) {
	key, inFlight := d.key(), false
	for {
		var claim Claim
		cutOff := false // by the deadline, of a store that had answered before
		err := d.guard(ctx, "deduper", func() (err error) {
			claim, err = d.deduper.Claim(ctx, key, webhookLease)
			cutOff = err != nil && inFlight && ctx.Err() != nil
			return err
		})
		if cutOff {
			return Claim{}, d.refuse(ctx, answerInFlight)
		}
		d.logFailure(ctx, "deduper", err)
		switch {
		case err != nil:
			return Claim{}, d.refuse(ctx, answerNoStore)
		case claim.State == ClaimGranted:
			return claim, webhookAnswer{}
		case claim.State == ClaimHandled:
			d.stats.duplicates.Add(1)
			return claim, answerOK
		case claim.State != ClaimInFlight:
			return Claim{}, d.refuse(ctx, answerNoStore)
		}
		inFlight = true
		select {
		case <-time.After(inFlightPoll):
			continue
		case <-ctx.Done():
		case <-request.Done():
		}
		return claim, d.refuse(ctx, answerInFlight)
	}
}

// dispatch gives the event to the tap, and then to the queue or the function.
// It reports whether the event is dealt with, or will be.
func (d *delivery) dispatch(ctx context.Context) (a webhookAnswer, handled bool) {
	if d.until.IsLate() { // the claim took too long; the watch answers the same
		return d.refuse(ctx, answerLate), false
	}
	if d.tap != nil {
		taken, err := d.tapped(ctx)
		if err != nil {
			return answerTapFailed, false
		}
		if taken {
			return answerOK, true
		}
	}
	if d.queue != nil {
		event := d.handling // alone: what is queued must not keep the delivery
		if !d.queue.add(&event) {
			return d.refuse(ctx, answerQueueFull), false
		}
		return answerOK, true
	}
	switch {
	case d.run(ctx, d.event):
		return answerOK, true
	case d.until.IsLate(): // it obeyed its context: the same answer as had it not
		return answerLate, false
	}
	return answerFailed, false
}

// tapped asks the tap, and counts its run where it took the event or failed.
func (d *delivery) tapped(ctx context.Context) (taken bool, err error) {
	err = errEnded
	defer func() {
		switch {
		case err != nil:
			d.stats.failed.Add(1)
		case taken:
			d.stats.handled.Add(1)
		}
	}()
	err = d.guard(ctx, "tap", func() (err error) {
		taken, err = d.tap(ctx, d.event)
		return err
	})
	d.logFailure(ctx, "tap", err)
	return taken, err
}

// run is one run of the function. It reports whether the event is dealt with.
func (r *receiver) run(ctx context.Context, event Event) (ok bool) {
	defer func() { // the function may end its goroutine
		if ok {
			r.stats.handled.Add(1)
		} else {
			r.stats.failed.Add(1)
		}
	}()
	err := r.guard(ctx, "function", func() error { return r.handle(ctx, event) })
	r.logFailure(ctx, "function", err)
	return err == nil
}
