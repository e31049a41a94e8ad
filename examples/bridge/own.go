package main

import (
	"context"
	"sync"

	"github.com/agentmsg/agentmsg"
)

// ownMessages knows which messages operators wrote here. The event of one may
// be faster than the answer that has its id, so whoever sends one has the turn
// until the id is stored, and who asks waits for it.
type ownMessages struct {
	turn chan struct{} // of one place
	ids  sync.Map
}

func newOwnMessages() *ownMessages { return &ownMessages{turn: make(chan struct{}, 1)} }

func (o *ownMessages) take(ctx context.Context) error {
	select {
	case o.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (o *ownMessages) leave() { <-o.turn }

func (o *ownMessages) has(ctx context.Context, id agentmsg.MessageID) (bool, error) {
	if err := o.take(ctx); err != nil {
		return false, err
	}
	defer o.leave()
	_, own := o.ids.Load(id)
	return own, nil
}
