package agentmsg

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// WebhookHandler is an [http.Handler] that receives MAIA's webhooks. It takes
// these steps, in this order, and answers for each:
//
//	bound      405 no POST, 415 compressed, 413 over 1 MiB, 503 not whole in time
//	verify     503 the function of [WithWebhookTenants] failed; 401 unless the
//	           raw bytes are signed under one of the secrets
//	decode     400 no JSON object; an unknown kind is an [*UnknownEvent]
//	claim      200 handled before; 503 the [Deduper] failed, or another run
//	           of the event has not ended at the deadline
//	tap        503 the tap of [WithWebhookTap] failed
//	dispatch   500 the function failed or panicked; 503 it overran the deadline
//	           or the queue is full
//	done       200, and the event's key is remembered
//
// After [WebhookHandler.Shutdown] it is 503 before all of them. A 503 has
// Retry-After: 1, and the body of every refusal is one line, its code, for who
// reads the sender's log.
//
// An event that was not handled is released, and MAIA's next delivery of it
// runs: MAIA delivers again 1, 2 and 4 s after a 5xx or no answer, and never
// after another 4xx. After the fourth delivery the event is lost. A body that
// is not signed reaches neither the JSON decoder nor a function of yours but
// the one of [WithWebhookTenants], which sees no body.
//
// Each event is handled once, as far as the Deduper remembers: a message for 24
// hours, any other kind, whose key is a hash of the body, for 10 minutes. Two
// runs of one event are possible: when a function fails after it had done
// something, when its process dies in between, and when the claim is lost
// while it runs (see LeaseLost of [WebhookStats]).
//
// Safe for concurrent use. Make one with [NewWebhookHandler]: the zero value
// panics. A copy is the same handler. The ReadTimeout and WriteTimeout of its
// [http.Server] are best above 10 s, or the deadline is theirs.
//
// Source: MAIA, "Webhooks", for the 10 s; the repeats are those that the vendor
// states for CRM webhooks. The rest is ours.
type WebhookHandler struct {
	receiver *receiver
}

// receiver is what the copies of a handler share.
type receiver struct {
	webhookConfig
	gate  gate
	stats webhookCounters
	queue *webhookQueue // nil: the function runs within the request
}

// NewWebhookHandler returns a handler that calls handle for each event. handle
// returns nil when the event is dealt with; after an error, a panic or no
// return before the deadline MAIA delivers the event again. It may be called
// by many goroutines at once, also for events of one session; to have those in
// order, see [WithWebhookQueue].
//
// handle's context has the values of the request's, and [HandledEvent] and
// [TenantID]. It ends at the deadline of [WithWebhookDeadline], not when the
// sender hangs up. handle must obey it: a run that never ends keeps its event
// from being handled for as long as its process lives. A success that comes
// after the deadline counts: the next delivery gets 200 without a run.
//
// Who uses a router that takes its context back after the request (chi does)
// must not ask it for path values after the deadline, or in queue mode at all:
// put what is needed into the [Tenant]'s ID.
//
// [WithWebhookSecrets] or [WithWebhookTenants] is required. Every error is a
// [*ParamError].
func NewWebhookHandler(handle func(context.Context, Event) error, opts ...WebhookOption) (*WebhookHandler, error) {
	if handle == nil {
		return nil, webhookOptionError("handle", "is nil: give the function that gets the events")
	}
	config, err := newWebhookConfig(handle, opts)
	if err != nil {
		return nil, err
	}
	r := &receiver{webhookConfig: config}
	if config.workers > 0 {
		r.queue = newWebhookQueue(r, config.workers, config.depth)
	}
	return &WebhookHandler{r}, nil
}

// ServeHTTP receives one delivery, and answers it at the deadline at the
// latest; once the sender has hung up it returns within a second. While it
// reads a body that takes longer than that, the connection has a read deadline,
// where w allows one; a w that does not is read for as long as the body takes.
func (h *WebhookHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	deadline := time.Now().Add(h.receiver.requestDeadline)
	if !h.receiver.gate.enter() {
		h.receiver.boundRead(w, r, deadline) // for the server, which reads what is left of the body
		h.receiver.refuse(r.Context(), answerClosed).write(w)
		return
	}
	defer h.receiver.gate.leave()
	newDelivery(h.receiver, deadline).receive(w, r).write(w)
}

// Shutdown refuses later deliveries with 503 and waits until what was let in
// has ended: requests, runs that overran their deadline, and in queue mode
// everything that was acknowledged. It does not wait out the back-off of
// events that failed: it runs those at once, and what fails from now on, once
// more at once.
//
// It returns nil, or the context's error when that ends first; nothing is cut
// off then, and Shutdown may be called again. A function that calls it waits
// for itself. Its context must be one of its
// own: that of the program is over by then. Leave the load balancer first: MAIA
// gives an event up about 7 s after its first 503.
func (h *WebhookHandler) Shutdown(ctx context.Context) error {
	drained := h.receiver.gate.shut()
	if h.receiver.queue != nil {
		h.receiver.queue.hurry()
	}
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-drained: // both, and nothing is left
		return nil
	default:
		return ctx.Err()
	}
}

// WebhookStats counts since the handler was made. In each counter a delivery,
// or a run of the function, counts once.
type WebhookStats struct {
	// Handled are events that the function or the tap dealt with, late ones
	// included.
	Handled uint64
	// Duplicates are deliveries answered with 200 without a run.
	Duplicates uint64
	// Refused are deliveries that got no run: refused before the claim, by a
	// claim that failed or stayed in flight, or by a full queue.
	Refused uint64
	// Failed are runs of the function or the tap that erred or panicked.
	Failed uint64
	// GivenUp are events of the queue that failed to the last.
	GivenUp uint64
	// LeaseLost are events whose claim was lost before they were done:
	// another delivery may have run too.
	LeaseLost uint64
	// Queued are the events that wait now, those in back-off included.
	Queued int
}

type webhookCounters struct {
	handled, duplicates, refused, failed, givenUp, leaseLost atomic.Uint64
}

// Stats returns the counts so far. They are read one after the other: while
// deliveries come they need not add up.
func (h *WebhookHandler) Stats() WebhookStats {
	c := &h.receiver.stats
	stats := WebhookStats{
		Handled: c.handled.Load(), Duplicates: c.duplicates.Load(), Refused: c.refused.Load(),
		Failed: c.failed.Load(), GivenUp: c.givenUp.Load(), LeaseLost: c.leaseLost.Load(),
	}
	if h.receiver.queue != nil {
		stats.Queued = h.receiver.queue.len()
	}
	return stats
}

// LogValue returns nothing of the handler's secrets: its counts.
func (h WebhookHandler) LogValue() slog.Value {
	s := h.Stats()
	return slog.GroupValue(
		slog.Uint64("handled", s.Handled), slog.Uint64("duplicates", s.Duplicates), slog.Uint64("refused", s.Refused),
		slog.Uint64("failed", s.Failed), slog.Uint64("givenUp", s.GivenUp), slog.Uint64("leaseLost", s.LeaseLost),
		slog.Int("queued", s.Queued),
	)
}
