package mockserver

import (
	"bytes"
	"net/http"
	"time"

	"github.com/agentmsg/agentmsg"
)

// replayKey is an idempotency key, which belongs to its channel.
type replayKey struct {
	channel agentmsg.ChannelID
	key     string
}

// replay is the first call under a key. Only a 200 is kept.
type replay struct {
	body     []byte
	finished chan struct{}
	answer   result    // once finished
	until    time.Time // once finished
}

// replayLife is how long a key is known. All of this file is ours: the vendor
// says only that the key prevents duplicates.
const replayLife = 24 * time.Hour

// once runs a call that no other under its key has answered, or gives that
// answer: the same body gets the stored one, another is refused, and while the
// first still runs the second waits.
func (x *exchange) once(key replayKey, call func() (result, error)) (result, error) {
	for {
		first, mine := x.claim(key)
		if mine {
			return x.keep(key, first, call)
		}
		if !bytes.Equal(first.body, x.body) {
			return result{}, refuse(http.StatusUnprocessableEntity, "X-Idempotency-Key was used with another body")
		}
		select {
		case <-first.finished:
		case <-x.server.ctx.Done():
			return result{}, errGone
		}
		if first.answer.status == http.StatusOK {
			return first.answer, nil
		}
	}
}

// claim finds who holds a key, or takes it.
func (x *exchange) claim(key replayKey) (holder *replay, mine bool) {
	s := x.server
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.forget(time.Now())
	if held := s.world.replays[key]; held != nil {
		return held, false
	}
	taken := &replay{body: x.body, finished: make(chan struct{})}
	s.world.replays[key] = taken
	return taken, true
}

// forget lets go the keys whose time is over.
func (w *world) forget(now time.Time) {
	for len(w.kept) > 0 && !now.Before(w.replays[w.kept[0]].until) {
		delete(w.replays, w.kept[0])
		w.kept = w.kept[1:]
	}
}

// keep runs the call, and lets the key go unless it was answered 200.
func (x *exchange) keep(key replayKey, r *replay, call func() (result, error)) (answer result, err error) {
	defer func() { // also when the AI panics
		s := x.server
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil && answer.status == http.StatusOK {
			r.answer, r.until = answer, time.Now().Add(replayLife)
			s.world.kept = append(s.world.kept, key)
		} else {
			delete(s.world.replays, key)
		}
		close(r.finished)
	}()
	return call()
}
