package transport

// Error is why a call ended without a usable answer. Its text is never
// shown: the root package has a code for each.
type Error string

// Error is the constant's own text.
func (e Error) Error() string { return string(e) }

// The errors.
const (
	ErrAttemptTimeout   Error = "the attempt ran out of its time"
	ErrResponseTooLarge Error = "the answer is over its bound"
	ErrRetryBudget      Error = "the retry budget is spent"
	ErrRateLimited      Error = "the limiter refused the wait"
	ErrNoAnswer         Error = "the RoundTripper returned neither an answer nor an error"
)
