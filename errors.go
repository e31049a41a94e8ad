package agentmsg

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParamError is a call that was wrong before anything was sent. It matches
// [ErrInvalidParam] or [ErrNotConfigured]; its outcome is [OutcomeNotSent].
type ParamError struct {
	Op Op
	// Param is the field, argument or option that is wrong.
	Param string
	// Reason says what is wrong with it and what to do.
	Reason string
	Code   Code
}

func invalid(op Op, param, reason string) error {
	return &ParamError{Op: op, Param: param, Reason: reason, Code: ErrInvalidParam}
}

// Error is one line: operation, parameter, reason.
func (e *ParamError) Error() string {
	return oneLine("agentmsg: " + string(e.Op) + ": " + e.Param + " " + e.Reason)
}

// Unwrap returns the code.
func (e *ParamError) Unwrap() error { return e.Code }

// CallOutcome returns [OutcomeNotSent].
func (e *ParamError) CallOutcome() Outcome { return OutcomeNotSent }

// TransportError is a call without a complete answer: the network, a
// time-out, the context, the limiter, a TokenSource. errors.Is finds the
// cause; errors.As too, unless its text held what no text may.
type TransportError struct {
	Op Op
	// Status is that of the answer whose body broke off; 0: not even a header.
	Status int
	// Attempts is how often the request was sent or tried.
	Attempts int
	Outcome  Outcome
	// IdempotencyKey is the key that the call used; give it to
	// [WithIdempotencyKey] to go on.
	IdempotencyKey string
	// Err is the cause; never nil.
	Err error

	route     string
	permanent bool
}

// Error is one line with the route, never the URL.
func (e *TransportError) Error() string {
	what := "no answer"
	if e.Status != 0 {
		what = "answer " + strconv.Itoa(e.Status) + " broke off"
	}
	return oneLine(fmt.Sprintf("agentmsg: %s: %s: %s (%s, %s): %v", e.Op, e.route, what, attempts(e.Attempts), e.Outcome, e.Err))
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// CallOutcome returns the outcome.
func (e *TransportError) CallOutcome() Outcome { return e.Outcome }

func (e *TransportError) temporary() bool { return !e.permanent }

// APIError is an answer that is no success.
type APIError struct {
	API    API
	Op     Op
	Status int
	Code   Code
	// Reason is the text of the answer's error, else of its title.
	Reason string
	// Message is the text of its message, detail, title or errors; a body
	// that is no JSON object is the Message, at most 512 bytes of it.
	Message string
	// RequestID is the answer's X-Request-Id, X-Amz-Request-Id or Cf-Ray.
	RequestID string
	// Location is where a redirect pointed, without its query.
	Location string
	// RetryAfter is how long the server asks to wait; 0: it did not say.
	RetryAfter time.Duration
	// Attempts is how often the request was sent or tried.
	Attempts int
	Outcome  Outcome
	// IdempotencyKey is the key that the call used; give it to
	// [WithIdempotencyKey] to go on.
	IdempotencyKey string
	// Body is the answer's body, at most 64 KiB, with this client's
	// credentials replaced by REDACTED.
	Body []byte
	// Err is why the call was not repeated though it could have been:
	// ErrRetryBudget, ErrRateLimited of the client's own limiter, or the end
	// of the context; or a TokenSource's error.
	Err error

	route string
}

// Error is one line of at most 2 KiB: operation, route, status, code and at
// most 512 bytes of the server's text.
func (e *APIError) Error() string {
	said := strings.Trim(e.Reason+": "+e.Message, ": ")
	if e.Message == e.Reason {
		said = e.Reason
	}
	text := fmt.Sprintf("agentmsg: %s: %s: %d %s (%s, %s)", e.Op, e.route, e.Status, e.Code, attempts(e.Attempts), e.Outcome)
	if said != "" {
		text += ": " + clip(said, maxServerText)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return oneLine(text)
}

// Unwrap returns the code and Err.
func (e *APIError) Unwrap() []error {
	causes := []error{e.Code}
	if e.Code == ErrTokenRevoked {
		causes = append(causes, ErrUnauthorized)
	}
	if e.Err != nil {
		causes = append(causes, e.Err)
	}
	return causes
}

// CallOutcome returns the outcome.
func (e *APIError) CallOutcome() Outcome { return e.Outcome }

func (e *APIError) temporary() bool {
	if e.Err != nil && !errors.Is(e.Err, ErrRetryBudget) && !errors.Is(e.Err, ErrRateLimited) {
		return false
	}
	return e.Code == ErrRateLimited || e.Code == ErrServer
}

// DecodeError is a success whose answer could not be read, or lacks what the
// operation promises. It happened: the outcome is [OutcomeAccepted].
type DecodeError struct {
	Op       Op
	Status   int
	Attempts int
	Outcome  Outcome
	// RequestID is the answer's X-Request-Id, X-Amz-Request-Id or Cf-Ray.
	RequestID string
	// IdempotencyKey is the key that the call used.
	IdempotencyKey string
	// Body is the answer's body, at most 64 KiB, with this client's
	// credentials replaced by REDACTED.
	Body []byte
	// Err says what is wrong with it; never nil.
	Err error

	route string
}

// Error is one line with the route, never the URL or the body.
func (e *DecodeError) Error() string {
	return oneLine(fmt.Sprintf("agentmsg: %s: %s: %d, but the answer is unusable (%s, %s): %v", e.Op, e.route, e.Status, attempts(e.Attempts), e.Outcome, e.Err))
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// CallOutcome returns the outcome.
func (e *DecodeError) CallOutcome() Outcome { return e.Outcome }

const (
	maxErrorText  = 2 << 10
	maxServerText = 512
	maxErrorBody  = 64 << 10
)

func attempts(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return strconv.Itoa(n) + " attempts"
}

// oneLine makes any text a line that a terminal and a log can take: valid
// UTF-8, no control characters, at most 2 KiB.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return clip(s, maxErrorText)
}

// clip cuts s to n bytes, never inside a character, and says that it did.
func clip(s string, n int) string {
	const mark = "…"
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len(mark)], "") + mark
}
