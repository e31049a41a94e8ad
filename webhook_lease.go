package agentmsg

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// A claim is held by a lease that is renewed while the event is dealt with. It
// is short: when its holder dies, the key is free before MAIA's last repeat,
// which comes about 7 s after the first delivery.
const (
	webhookLease = 3 * time.Second
	renewEvery   = 1 * time.Second
)

// lease is a claim that is held.
type lease struct {
	claim Claim
	held  bool          // under the watch's mutex, as the channels are
	stop  chan struct{} // closed to end the renewals; nil: none have begun
	ended chan struct{} // closed once they have
	lost  bool          // read after that
}

func (d *delivery) hold(claim Claim) {
	d.watch.mu.Lock()
	defer d.watch.mu.Unlock()
	d.lease.claim, d.lease.held = claim, true
}

// startRenewals is the watch's: few events live to see any.
func (d *delivery) startRenewals() {
	if d.lease.held && d.lease.stop == nil {
		d.lease.stop, d.lease.ended = make(chan struct{}), make(chan struct{})
		go d.renew(d.lease.stop)
	}
}

// stopRenewals waits until they have ended.
func (d *delivery) stopRenewals() {
	d.watch.mu.Lock()
	d.lease.held = false
	stop := d.lease.stop
	d.watch.mu.Unlock()
	if stop != nil {
		close(stop)
		<-d.lease.ended
	}
}

// renew renews each second until the lease is stopped or lost. A failure of
// the store is no loss yet: it is asked again the next second.
func (d *delivery) renew(stop <-chan struct{}) {
	defer close(d.lease.ended) // deferred, for the store may end its goroutine
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		if d.lease.lost = d.renewOnce(); d.lease.lost {
			return
		}
		select {
		case <-tick.C:
		case <-stop:
		}
		select {
		case <-stop: // whichever of both was there first
			return
		default:
		}
	}
}

func (d *delivery) renewOnce() (lost bool) {
	ctx, cancel := context.WithTimeout(&d.handling, renewEvery)
	defer cancel()
	return d.ask(ctx, func() error { return d.deduper.Renew(ctx, d.lease.claim, webhookLease) })
}

// ask calls the deduper, and reports whether it says that the lease is lost.
func (d *delivery) ask(ctx context.Context, call func() error) (lost bool) {
	err := d.guard(ctx, "deduper", func() error {
		err := call()
		lost = errors.Is(err, ErrLeaseLost)
		return err
	})
	d.logFailure(ctx, "deduper", err)
	return lost
}

// end stops the renewals, and then remembers the event or releases it.
func (d *delivery) end(ctx context.Context, handled bool) {
	d.stopRenewals()
	keep := time.Duration(0)
	if handled {
		keep = d.keep
	}
	if time.Until(d.until.At) < webhookLease { // late, but what was handled was
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(&d.handling, webhookLease)
		defer cancel()
	}
	lost := d.ask(ctx, func() error { return d.deduper.Done(ctx, d.lease.claim, keep) })
	if lost || d.lease.lost {
		d.stats.leaseLost.Add(1)
		d.log(ctx, slog.LevelError, "lost its claim: another delivery of the event may have run too")
	}
}

func keepFor(event Event) time.Duration {
	if message, ok := event.(*MessageEvent); ok && message.MessageID != "" {
		return keepMessage
	}
	return keepHash
}
