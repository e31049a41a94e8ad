package agent

import (
	"context"
	"slices"
	"time"

	"github.com/agentmsg/agentmsg"
)

// unmatchedFor bounds the function of WithUnmatched, as the webhook handler
// does by default.
const unmatchedFor = 8 * time.Second

// result is what the one who asked gets. Each event that was acknowledged is
// in it, or with the function of WithUnmatched.
func (a *asking) result(ctx context.Context, end End, err error) (*Answer, error) {
	if a.yield == nil || a.maia.unmatched != nil || err != nil {
		a.handOver()
	}
	switch {
	case a.full() && (a.yield == nil || a.maia.unmatched != nil):
		a.strays = append(a.strays, a.late...)
	case a.yield != nil && err == nil:
		for i, e := range a.late {
			a.maia.tell(a.key, e.event.DedupeKey(), true)
			if !a.yield(replyOf(e.message())) {
				a.strays = append(a.strays, a.late[i+1:]...)
				break
			}
		}
	default:
		a.replies = append(a.replies, a.late...)
	}
	unmatched := a.dispose(ctx)
	var question agentmsg.MessageID
	if a.post.receipt != nil {
		question = a.post.receipt.UserMessage.ID
	}
	if err != nil {
		return nil, &AskError{
			SessionID: a.question.SessionID, QuestionID: question, Outcome: a.outcome(),
			Replies: byTimestamp(append(a.replies, unmatched...)), Err: err,
		}
	}
	return &Answer{
		SessionID: a.question.SessionID, QuestionID: question, Replies: byTimestamp(a.replies), End: end,
		MaybeEarlier: a.doubtful, Unmatched: byTimestamp(unmatched),
	}, nil
}

// abandon is result for a range that was broken off, be it by a panic: only the
// function of WithUnmatched is there to take anything.
func (a *asking) abandon(ctx context.Context) {
	if a.brokenOff && a.maia.unmatched != nil {
		a.handOver()
		a.strays = append(a.strays, a.late...)
		a.dispose(ctx)
	}
}

// handOver marks what was found when all was over: it is in somebody's hands
// now, and a redelivery is nothing new. A range has no place for it: there a
// redelivery goes to the webhook's function.
func (a *asking) handOver() {
	for _, e := range slices.Concat(a.late, a.strays) {
		a.maia.tell(a.key, e.event.DedupeKey(), true)
	}
}

// dispose gives the strays to the function of WithUnmatched, and returns those
// that it did not take.
func (a *asking) dispose(ctx context.Context) []arrival {
	if a.maia.unmatched == nil || len(a.strays) == 0 {
		return a.strays
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unmatchedFor)
	defer cancel()
	return slices.DeleteFunc(a.strays, func(e arrival) bool { return a.maia.unmatched(ctx, e.event) == nil })
}

// byTimestamp orders replies by the server's time, and those of one time as
// they came. One without a time stays behind those that came before it.
func byTimestamp(arrived []arrival) []Reply {
	if len(arrived) == 0 {
		return nil
	}
	type timed struct {
		reply Reply
		at    time.Time
	}
	var latest time.Time
	all := make([]timed, 0, len(arrived))
	for _, e := range arrived {
		r := replyOf(e.message())
		at := r.Timestamp
		if at.IsZero() {
			at = latest
		}
		if at.After(latest) {
			latest = at
		}
		all = append(all, timed{r, at})
	}
	slices.SortStableFunc(all, func(x, y timed) int { return x.at.Compare(y.at) })
	replies := make([]Reply, len(all))
	for i, t := range all {
		replies[i] = t.reply
	}
	return replies
}
