package agent

import (
	"context"
	"errors"
	"time"

	"github.com/agentmsg/agentmsg"
)

// send begins the POST, beside which the session is listened to: the replies
// may come first.
func (a *asking) send(ctx context.Context) {
	// The server's times have milliseconds.
	a.advance(phasePosting, time.Now().Truncate(time.Millisecond))
	params := a.maia.params(a.question)
	go func() {
		post := sent{err: errors.New("the call ended its goroutine")}
		defer func() {
			if p := recover(); p != nil {
				post.panic = p
			}
			a.sent <- post
		}()
		post.receipt, post.err = a.maia.client.Messages.Send(ctx, params)
	}()
}

// posted takes the POST's end. From here on it is known, or as good as it will
// be, what is older than the question.
func (a *asking) posted(post sent) {
	if post.panic != nil {
		panic(post.panic) // where the caller can see it
	}
	a.post = post
	a.postedAt = time.Now()
	since := a.since
	if post.err == nil && !post.receipt.UserMessage.Timestamp.IsZero() {
		since = post.receipt.UserMessage.Timestamp.Time
	}
	a.advance(phaseWaiting, since)
	a.sift()
}

// sift looks again at what came before the POST's end.
func (a *asking) sift() {
	undecided, replies := a.undecided, a.replies
	a.undecided, a.replies, a.last = nil, nil, time.Time{}
	if !a.mayHaveArrived() {
		a.strays = append(a.strays, replies...)
		for _, e := range undecided {
			a.refuse(e)
		}
		return
	}
	for _, e := range replies {
		if a.isOlder(e.message()) {
			a.strays = append(a.strays, e)
			a.maia.past.came(a.key, a.maia.quiet)
			continue
		}
		a.replies, a.last = append(a.replies, e), e.at
	}
	for i, e := range undecided {
		if a.full() {
			a.undecided = undecided[i:]
			break
		}
		a.decide(e)
	}
}

// advance tells Take how far the question has come.
func (a *asking) advance(to phase, since time.Time) {
	a.maia.mu.Lock()
	defer a.maia.mu.Unlock()
	a.phase, a.since = to, since
}

// refuses tells whether an event is no reply to this question, where that is
// known before it is offered. The agent's lock is held.
func (a *asking) refuses(e *agentmsg.MessageEvent, id string) bool {
	return a.refused[id] || a.phase == phaseWaiting && a.isOlder(e)
}

// isOlder tells what belongs to an earlier question. What has no time does not.
func (a *asking) isOlder(e *agentmsg.MessageEvent) bool {
	return !e.Timestamp.IsZero() && e.Timestamp.Before(a.since)
}
