package transport

// LimiterError is a limiter of the user's that failed.
type LimiterError struct{ Err error }

// Error is the limiter's own text.
func (e *LimiterError) Error() string { return e.Err.Error() }

// Unwrap returns ErrRateLimited and the limiter's error.
func (e *LimiterError) Unwrap() []error { return []error{ErrRateLimited, e.Err} }

// Error is why a call ended without a usable answer. The root package turns
// each into a code, but ErrNoAnswer, whose text is shown.
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
