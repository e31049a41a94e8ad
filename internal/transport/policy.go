package transport

// Rule says which failures of a call may be followed by another attempt.
type Rule struct {
	// Repeatable: a second run does no harm, so an attempt that may have
	// happened is repeated.
	Repeatable bool
	// Keyed: the server recognises the call by its key, so a conflict means
	// that the first run may still be going on.
	Keyed bool
}

// seen is what one attempt showed.
type seen struct {
	fate    fate
	status  int
	verdict Verdict
	torn    bool // the header came, the body did not end
	final   bool // another attempt would fail the same way
}

// fate is how far an attempt came.
type fate uint8

const (
	ambiguous fate = iota // it may have arrived
	notSent               // it provably did not leave
	answered              // a header came back
)

// decide says whether the attempt may be followed by another, and what it
// alone tells of the call.
func (r Rule) decide(s seen) (again bool, o Outcome) {
	switch s.fate {
	case notSent:
		return !s.final, NotSent
	case ambiguous:
		return r.Repeatable && !s.final, Unknown
	}
	return r.repeats(s) && !s.final, r.outcome(s)
}

func (r Rule) repeats(s seen) bool {
	switch {
	case s.verdict == Final:
		return false
	case s.verdict == Limited || limitedStatus(s.status):
		return true
	case s.verdict == Nothing && s.status == 500:
		return true
	case s.status == 422 && r.Keyed:
		return false // the key belongs to another body, torn or not
	case s.torn || s.verdict == Truncated:
		return r.Repeatable
	case s.status == 409:
		return r.Keyed
	}
	return r.Repeatable && passingStatus(s.status)
}

func (r Rule) outcome(s seen) Outcome {
	switch {
	case s.verdict == Usable:
		return None
	case s.verdict == Limited, s.verdict == Nothing, limitedStatus(s.status):
		return Rejected
	case s.verdict == Doubtful:
		return Unknown
	case success(s.status):
		return Accepted
	case s.status == 303, s.status == 408, s.status == 409 && r.Keyed:
		return Unknown
	case s.status >= 300 && s.status < 500:
		return Rejected
	}
	return Unknown
}

func success(status int) bool { return status >= 200 && status < 300 }

func limitedStatus(status int) bool { return status == 425 || status == 429 }

// passingStatus: the server, or a gateway before it, is expected to recover.
func passingStatus(status int) bool {
	switch status {
	case 408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529, 530:
		return true
	}
	return false
}
