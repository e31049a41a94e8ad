package agentmsg

import (
	"errors"
	"strconv"
)

// Outcome says whether a call happened, whatever its error.
type Outcome int

// The outcomes. Over the attempts of a call the greatest is kept.
const (
	// OutcomeNone: there was no error.
	OutcomeNone Outcome = iota
	// OutcomeNotSent: it did not happen; provably nothing was sent.
	OutcomeNotSent
	// OutcomeRejected: it did not happen; the server refused it.
	OutcomeRejected
	// OutcomeUnknown: it may have happened. Do not send again what must not
	// arrive twice; what is safe to repeat may be called again.
	OutcomeUnknown
	// OutcomeAccepted: it happened, but the answer could not be used. Do not
	// send again.
	OutcomeAccepted
)

// String is the constant's name without Outcome: NotSent.
func (o Outcome) String() string {
	switch o {
	case OutcomeNone:
		return "None"
	case OutcomeNotSent:
		return "NotSent"
	case OutcomeRejected:
		return "Rejected"
	case OutcomeUnknown:
		return "Unknown"
	case OutcomeAccepted:
		return "Accepted"
	}
	return "Outcome(" + strconv.Itoa(int(o)) + ")"
}

// OutcomeOf says whether the call behind an error happened: NotSent and
// Rejected: no. Unknown: maybe. Accepted: yes, do not send again. Of nil it
// is None; of an error that is not from this module it is Unknown.
//
// It asks the first error in the tree that has a method CallOutcome() Outcome.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return OutcomeNone
	}
	if told, ok := errors.AsType[interface {
		error
		CallOutcome() Outcome
	}](err); ok {
		return told.CallOutcome()
	}
	return OutcomeUnknown
}

// Temporary reports whether the same call may succeed later and is safe to
// make again: it provably did not happen, and the cause is the network, a
// rate limit, the retry budget or a 5xx. It is false with OutcomeUnknown and
// OutcomeAccepted, for permanent causes (no such host, certificates), for a
// failing TokenSource, and after the end of the context. It does not know the
// operation: of one that is safe to repeat a call may be made again after
// OutcomeUnknown too.
func Temporary(err error) bool {
	if o := OutcomeOf(err); o != OutcomeNotSent && o != OutcomeRejected {
		return false
	}
	told, ok := errors.AsType[interface {
		error
		temporary() bool
	}](err)
	return ok && told.temporary()
}
