package mockserver

import (
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/agentmsg/agentmsg"
)

// Matrix is each of the operations (none: each that there is, and
// [OpWebhook]), with each fault that can hit it, for tests of a whole
// integration:
//
//	for f := range mockserver.Matrix(agentmsg.OpSend, mockserver.OpWebhook) {
//		t.Run(f.String(), func(t *testing.T) {
//			server := mockserver.Start(t, mockserver.WithFault(f))
//			…
//		})
//	}
//
// A fault that was never met proves nothing: look at Request.Fault or at the
// deliveries. Each hits once (Lose: four events) and has a name of its own. Delay is a
// second; a refusal comes with 429 and with 503. Hold is not among them: it
// needs someone to remove it. Nor, for the storage's operations, what spoils
// JSON, and for Put what spoils a body: its answer has none. In a
// testing/synctest bubble all of them take no time.
func Matrix(ops ...agentmsg.Op) iter.Seq[Fault] {
	if len(ops) == 0 {
		ops = append(everyOp(), OpWebhook)
	}
	ops = slices.Clone(ops)
	return func(yield func(Fault) bool) {
		for _, op := range ops {
			for _, f := range faultsOf(op) {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// faultsOf are one operation's faults.
func faultsOf(op agentmsg.Op) []Fault {
	var all []Fault
	for kind := range Hold {
		f := Fault{Op: op, Kind: kind, Times: 1}
		switch kind {
		case Refuse:
			f.Status = http.StatusTooManyRequests
		case Delay:
			f.Delay = time.Second
		case Lose:
			f.Times = 4
		}
		if !hits(kind, op) {
			continue
		}
		all = append(all, f)
		if kind == Refuse {
			f.Status = http.StatusServiceUnavailable
			all = append(all, f)
		}
	}
	return all
}

// hits is true where a kind does something to an operation.
func hits(kind FaultKind, op agentmsg.Op) bool {
	switch op {
	case OpWebhook:
		return kind.ofEvents() || kind == Delay
	case agentmsg.OpPut:
		return !slices.Contains([]FaultKind{ResetMidBody, Truncate, Garble, SlowBody}, kind) && !kind.ofEvents()
	case agentmsg.OpDownload:
		return kind != Truncate && kind != Garble && !kind.ofEvents()
	}
	return !kind.ofEvents()
}
