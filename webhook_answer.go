package agentmsg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// webhookAnswer is what a delivery is answered with. The code stands in the
// body, for whoever looks at the sender's log.
type webhookAnswer struct {
	status int
	code   Code
	reason string // for the receiver's log alone
}

var (
	answerOK        = webhookAnswer{status: http.StatusOK}
	answerFailed    = webhookAnswer{status: http.StatusInternalServerError, code: "handler_failed"}
	answerClosed    = webhookAnswer{http.StatusServiceUnavailable, "shutting_down", "the handler is shutting down"}
	answerNoStore   = webhookAnswer{http.StatusServiceUnavailable, "deduper_unavailable", "the deduper failed, or answered with a state that is none"}
	answerInFlight  = webhookAnswer{http.StatusServiceUnavailable, "in_flight", "another delivery of the event has not ended"}
	answerTapFailed = webhookAnswer{status: http.StatusServiceUnavailable, code: "tap_failed"}
	answerQueueFull = webhookAnswer{http.StatusServiceUnavailable, "queue_full", "the queue is full"}
	answerLate      = webhookAnswer{http.StatusServiceUnavailable, "not_handled_in_time", "the deadline had passed"}
)

// answerTo is the answer to a request that could not be read.
func answerTo(err error) webhookAnswer {
	if refused, ok := errors.AsType[*WebhookError](err); ok {
		return webhookAnswer{refused.Status, refused.Code, refused.Err.Error()}
	}
	return answerFailed
}

// unavailable is a refusal that asks MAIA to come again.
func unavailable(err error) error {
	return &WebhookError{http.StatusServiceUnavailable, "tenant_unavailable", err}
}

// write answers. Nothing can be done about a sender that has gone.
func (a webhookAnswer) write(w http.ResponseWriter) {
	if a.status == http.StatusOK { // without a look at the header, which would be copied
		w.WriteHeader(http.StatusOK)
		return
	}
	header := w.Header()
	switch a.status {
	case http.StatusMethodNotAllowed:
		header.Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "1")
	}
	// What is left of a body, and who trickles it, goes with the connection.
	if a.code == ErrBodyTimeout || a.code == ErrTooLarge || a.code == answerClosed.code {
		header.Set("Connection", "close")
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, string(a.code)+"\n")
}

// refuse counts and logs a delivery that gets no run.
func (r *receiver) refuse(ctx context.Context, a webhookAnswer) webhookAnswer {
	r.stats.refused.Add(1)
	r.log(ctx, slog.LevelWarn, "refused", slog.Int("status", a.status), slog.String("code", string(a.code)), slog.String("reason", oneLine(a.reason)))
	return a
}

// log writes a line about the event in ctx, if there is one already. A logger
// that panics costs the line: on a goroutine of ours it would cost the process.
func (r *receiver) log(ctx context.Context, level slog.Level, what string, attrs ...slog.Attr) {
	defer func() { _ = recover() }()
	logger := r.logger
	if logger == nil {
		logger = slog.Default()
	}
	if h, ok := ctx.Value(handlingKey{}).(*handling); ok {
		attrs = append(attrs, slog.String("tenant", h.tenant), h.name())
	}
	logger.LogAttrs(ctx, level, "agentmsg: webhook: "+what, attrs...)
}

// logFailure logs that something of the user's failed, by the Go type of its
// error: the text may hold anything. It calls no method of the error, which
// may panic: one of a nil pointer is easily returned.
func (r *receiver) logFailure(ctx context.Context, whose string, err error) {
	switch e := err.(type) { //nolint:errorlint // guard wraps nothing
	case nil:
	case *panicError:
		r.log(ctx, slog.LevelError, "the "+whose+" panicked", slog.String("panic", e.kind), slog.String("stack", e.stack))
	default:
		r.log(ctx, slog.LevelError, "the "+whose+" failed", slog.String("error", fmt.Sprintf("%T", err)))
	}
}

// errEnded is the error of a function that ended its goroutine: nothing else
// can be said by then.
var errEnded = errors.New("the function ended its goroutine")

// panicError is a panic, without what it said.
type panicError struct{ kind, stack string }

func (e *panicError) Error() string { return "a panic of type " + e.kind }

// guard calls a function of the user's, and makes an error of its panic. What
// asks the function's error (errors.Is) belongs inside, for that may panic too.
func (r *receiver) guard(ctx context.Context, whose string, f func() error) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		p := recover()
		if p == nil { // runtime.Goexit, as of a test's FailNow
			r.logFailure(ctx, whose, errEnded)
			return
		}
		err = &panicError{fmt.Sprintf("%T", p), string(debug.Stack())}
	}()
	err = f()
	returned = true
	return err
}
