package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/mockserver"
)

// worker calls its client, one call after another, in sessions that are its
// own: what a call has done is what has changed in them.
type worker struct {
	world   *world
	client  *client
	name    string
	r       *rand.Rand
	maia    [3]agentmsg.SessionID // the last is on the phone
	blubash agentmsg.SessionID
	talk    agentmsg.SessionID
	n       int
	files   []file
}

// file is one that has arrived.
type file struct {
	agentmsg.Attachment
	content []byte
}

func newWorker(w *world, c *client, name string) *worker {
	id := func(kind string) agentmsg.SessionID { return agentmsg.SessionID(name + "-" + kind) }
	return &worker{
		world: w, client: c, name: name, r: w.chance(name),
		maia: [3]agentmsg.SessionID{id("one"), id("two"), id("phone")}, blubash: id("blubash"), talk: id("talk"),
	}
}

// sessions are there from the start.
func (k *worker) sessions() []mockserver.Option {
	return []mockserver.Option{
		mockserver.WithSession(mockserver.Session{ID: k.maia[0], ChannelID: talkID, ExternalUserID: k.name}),
		mockserver.WithSession(mockserver.Session{ID: k.maia[1], ChannelID: talkID, ExternalUserID: k.name}),
		mockserver.WithSession(mockserver.Session{ID: k.maia[2], ChannelID: phoneID, ExternalUserID: k.name}),
		mockserver.WithSession(mockserver.Session{
			API: agentmsg.BluBash, ID: k.blubash, ChannelID: mockserver.DefaultBluBashChannelID, ExternalUserID: k.name,
		}),
		mockserver.WithSession(mockserver.Session{API: agentmsg.Conversations, ID: k.talk, ExternalUserID: k.name}),
	}
}

func (k *worker) anySession(r *rand.Rand) agentmsg.SessionID {
	return oneOf(r, k.maia[0], k.maia[1], k.maia[2], k.blubash, k.talk)
}

// work calls until the end, a few times in a minute or once in hours.
func (k *worker) work(ctx context.Context) {
	for k.world.pause(k.think()) {
		k.n++
		k.perform(ctx, k.deed())
	}
}

func (k *worker) think() time.Duration {
	switch k.r.IntN(10) {
	case 0:
		return between(k.r, time.Hour, 3*time.Hour)
	case 1, 2, 3, 4:
		return between(k.r, time.Minute, 30*time.Minute)
	}
	return between(k.r, 1, 10*time.Second)
}

// class is that of the retry policy, and Asking, which changes nothing.
type class int

const (
	unsafely class = iota
	keyed
	safely
	asking
)

// deed is something to do once.
type deed struct {
	op    agentmsg.Op
	class class
	call  func(ctx context.Context, opts ...agentmsg.CallOption) error
	// done is how often the server has done it, or at least that it has; nil:
	// the journal says so at the end, under key.
	done func() int
	key  string
}

// perform does a deed as an integrator would: again where the error says that
// this is safe.
func (k *worker) perform(ctx context.Context, d deed) {
	c := &claim{deed: d, by: k.name}
	var more []agentmsg.CallOption
	if oneIn(k.r, 12) {
		more, c.lenient = append(more, agentmsg.WithRetryAmbiguous()), true
	}
	if oneIn(k.r, 8) {
		more = append(more, agentmsg.WithMaxAttempts(1+k.r.IntN(4)))
	}
	for range 1 + k.r.IntN(4) {
		before := c.processed()
		err := k.bounded(ctx, func(ctx context.Context) error { return d.call(ctx, more...) })
		c.told(err)
		c.judge(k.world, err, before)
		k.world.count(d, err, c.calls)
		again := agentmsg.Temporary(err)
		if agentmsg.OutcomeOf(err) == agentmsg.OutcomeUnknown {
			again = d.class == safely
			if key := keyOf(err); d.class == keyed && key != "" {
				more, again = append(more, agentmsg.WithIdempotencyKey(key)), true
			}
		}
		if !again || !k.world.pause(k.think()) {
			break
		}
	}
	if d.key != "" {
		k.world.mu.Lock()
		defer k.world.mu.Unlock()
		k.world.later = append(k.world.later, c)
	}
}

// bounded makes a call that may have a deadline, or be given up. Its waits are
// drawn from the seed.
func (k *worker) bounded(ctx context.Context, call func(context.Context) error) error {
	ctx = transport.WithJitter(ctx, func(most time.Duration) time.Duration { return between(k.r, 0, max(most, 0)) })
	var cancel context.CancelFunc
	switch k.r.IntN(8) {
	case 0:
		ctx, cancel = context.WithTimeout(ctx, between(k.r, 1, 5*time.Minute))
		defer cancel()
	case 1:
		ctx, cancel = context.WithCancel(ctx)
		defer time.AfterFunc(between(k.r, 1, 5*time.Minute), cancel).Stop()
		defer cancel()
	}
	return call(ctx)
}

// keyOf is the key that a failed call used.
func keyOf(err error) string {
	if e, ok := errors.AsType[*agentmsg.TransportError](err); ok {
		return e.IdempotencyKey
	}
	if e, ok := errors.AsType[*agentmsg.APIError](err); ok {
		return e.IdempotencyKey
	}
	return ""
}

func (k *worker) say() string { return fmt.Sprintf("%s says %d", k.name, k.n) }
