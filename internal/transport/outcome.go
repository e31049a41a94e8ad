package transport

// Outcome says whether a call happened. Over its attempts the greatest is
// kept; a success ends it.
type Outcome uint8

// The outcomes, in the order in which the greatest wins.
const (
	None Outcome = iota
	NotSent
	Rejected
	Unknown
	Accepted
)

// Verdict is what the body of a complete answer says beyond its status.
type Verdict uint8

// The verdicts.
const (
	// Plain: nothing; the status speaks.
	Plain Verdict = iota
	// Usable: a success with all that was promised.
	Usable
	// Truncated: a success whose text ends in the middle.
	Truncated
	// Unusable: a success that cannot be read or lacks what was promised.
	Unusable
	// Limited: refused because of a rate limit.
	Limited
	// Nothing: the body proves that nothing happened.
	Nothing
	// Doubtful: a failure that says nothing of what happened.
	Doubtful
	// Final: a failure that the same request would meet again, whatever its
	// status.
	Final
)
