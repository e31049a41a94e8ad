package simulation_test

import (
	"cmp"
	"errors"
	"slices"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

func isLimit(err error) bool { return errors.Is(err, agentmsg.ErrRateLimited) }

// sorted is an order that does not depend on who came first of those that came
// at once.
func sorted(all []mockserver.Delivery) []mockserver.Delivery {
	slices.SortStableFunc(all, func(a, b mockserver.Delivery) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Attempt, b.Attempt))
	})
	return all
}

// settleDeliveries holds what is promised of events: signed, until they arrive,
// and no more.
func (w *world) settleDeliveries(deliveries []mockserver.Delivery) {
	arrived, again := map[string]bool{}, map[string]bool{}
	attempts := map[string]int{}
	for _, d := range deliveries {
		attempts[d.ID]++
		if arrived[d.ID] && !again[d.ID] && !w.blame.again[d.ID] {
			again[d.ID] = true
			w.cameAgain(d)
		}
		arrived[d.ID] = arrived[d.ID] || d.Status >= 200 && d.Status < 300
		if n := attempts[d.ID]; n > 4 && !w.blame.again[d.ID] && !again[d.ID] && w.blame.duplicates[""]+w.blame.duplicates[d.Session] == 0 {
			w.fail("%s of %s: attempt %d", d.ID, d.Session, n)
		}
	}
	if w.inbox.unsigned > w.blame.unsigned {
		w.fail("%d deliveries did not verify, %d were to", w.inbox.unsigned, w.blame.unsigned)
	}
	w.settleAnswers(deliveries)
}

// cameAgain charges an event to those that a fault may duplicate.
func (w *world) cameAgain(d mockserver.Delivery) {
	for _, session := range [...]agentmsg.SessionID{d.Session, ""} {
		if w.blame.duplicates[session] > 0 {
			w.blame.duplicates[session]--
			return
		}
	}
	w.fail("%s of %s had arrived, and came again", d.ID, d.Session)
}

// settleAnswers finds the delivery of each answer of the AI.
func (w *world) settleAnswers(deliveries []mockserver.Delivery) {
	told := map[agentmsg.MessageID]bool{}
	for _, d := range deliveries {
		if e, err := agentmsg.ParseEvent(d.Body); err == nil {
			if m, ok := e.(*agentmsg.MessageEvent); ok {
				told[m.MessageID] = true
			}
		}
	}
	missing := 0
	for _, x := range w.server.Sessions() {
		for _, m := range x.Messages {
			missing += is(x.API == agentmsg.MAIA && m.Source == mockserver.FromAI && !told[m.ID])
		}
	}
	if missing > w.blame.lost {
		w.fail("%d answers were never delivered, %d events were to be lost", missing, w.blame.lost)
	}
}
