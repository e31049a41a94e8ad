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
	d     *delivery
	claim Claim
	ctx   context.Context
	stop  context.CancelFunc
	timer *time.Timer   // begins the renewals, which few events live to see
	ended chan struct{} // closed when the renewals have ended, if they began
	lost  bool          // read after ended
}

func (d *delivery) hold(claim Claim) *lease {
	l := &lease{d: d, claim: claim, ended: make(chan struct{})}
	l.ctx, l.stop = context.WithCancel(d.handling)
	l.timer = time.AfterFunc(renewEvery, l.renew)
	return l
}

// renew renews each second until the lease is stopped or lost. A failure of
// the store is no loss yet: it is asked again the next second.
func (l *lease) renew() {
	defer close(l.ended)
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		err := l.renewOnce()
		if l.ctx.Err() != nil {
			return
		}
		l.d.logFailure(l.ctx, "deduper", err)
		if errors.Is(err, ErrLeaseLost) {
			l.lost = true
			return
		}
		select {
		case <-tick.C:
		case <-l.ctx.Done():
			return
		}
	}
}

func (l *lease) renewOnce() error {
	ctx, cancel := context.WithTimeout(l.ctx, renewEvery)
	defer cancel()
	return l.d.guard(ctx, "deduper", func() error { return l.d.deduper.Renew(ctx, l.claim, webhookLease) })
}

// end stops the renewals, and then remembers the event or releases it. It does
// not end with the request, for what was handled was.
func (l *lease) end(handled bool) {
	l.stop()
	if !l.timer.Stop() {
		<-l.ended
	}
	keep := time.Duration(0)
	if handled {
		keep = keepFor(l.d.event)
	}
	ctx, cancel := context.WithTimeout(l.d.handling, webhookLease)
	defer cancel()
	err := l.d.guard(ctx, "deduper", func() error { return l.d.deduper.Done(ctx, l.claim, keep) })
	l.d.logFailure(ctx, "deduper", err)
	if l.lost || errors.Is(err, ErrLeaseLost) {
		l.d.stats.leaseLost.Add(1)
		l.d.log(ctx, slog.LevelError, "lost its claim: another delivery of the event may have run too")
	}
}

func keepFor(event Event) time.Duration {
	if message, ok := event.(*MessageEvent); ok && message.MessageID != "" {
		return keepMessage
	}
	return keepHash
}
