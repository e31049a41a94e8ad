package agentmsg

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Response is what came back, for those who need more than the result. fmt and
// slog show neither header nor body; JSON of it has both.
type Response struct {
	Status         int         // 0: no answer
	Header         http.Header // nil: no answer
	Body           []byte      // as it came, at most 8 MiB
	Attempts       int
	RateLimit      RateLimit     // Remaining is -1 where none was reported
	Duration       time.Duration // of the whole call, waits included
	RequestID      string
	IdempotencyKey string
}

// Format writes what the response was about, whatever the verb: its body and
// header may hold what no text may, a presigned URL for one.
func (r Response) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "status %d, %s, %d bytes", r.Status, attempts(r.Attempts), len(r.Body))
}

// LogValue is the response without header and body.
func (r Response) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("status", r.Status), slog.Int("attempts", r.Attempts), slog.Int("bytes", len(r.Body)), slog.Duration("duration", r.Duration), slog.String("requestId", r.RequestID))
}

// WithResponse fills r with the last exchange, also when the call fails. A
// *ParamError, before anything was sent, leaves it as it was. Share no r
// between calls under way.
func WithResponse(r *Response) CallOption {
	return func(c *callConfig) error {
		if r == nil {
			return invalid("", "WithResponse", "is nil")
		}
		c.response = r
		return nil
	}
}

// fill tells r of the call.
func (x *exchange) fill(r *Response, began time.Time) {
	limit := RateLimit{Remaining: -1}
	if x.RateLimit != nil {
		limit = RateLimit(*x.RateLimit)
	}
	*r = Response{
		Status: x.Status, Header: x.Header, Body: x.Result.Body, Attempts: int(x.Attempts),
		RateLimit: limit, Duration: time.Since(began),
		RequestID: requestID(x.Header), IdempotencyKey: x.options.key,
	}
}
