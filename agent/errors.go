package agent

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/agentmsg/agentmsg"
)

// Codes of questions, for errors.Is.
const (
	// ErrNoReply: the question was asked, or may have been, and nothing came
	// in time. The reply may still come, to the webhook's function. Where every
	// question of MAIA ends so, [MAIA.Take] does not get the events: it is no
	// handler's tap, the handler's tenant is not that of [WithTenant], or the
	// webhook reaches another process (see [WithWaiters]).
	ErrNoReply agentmsg.Code = "no_reply"
	// ErrPaused: the AI was paused before it replied: a human has taken over.
	ErrPaused agentmsg.Code = "ai_paused"
	// ErrCannotAsk: the question has what this [Agent] cannot send, or lacks
	// what it needs; nothing was sent. It goes with
	// [agentmsg.ErrInvalidParam] and an [*agentmsg.ParamError].
	ErrCannotAsk agentmsg.Code = "cannot_ask"
	// ErrAskInHandler: the webhook handler's function asked in the session
	// whose event it handles; nothing was sent.
	ErrAskInHandler agentmsg.Code = "ask_in_handler"
)

// AskError is a question without an answer. errors.Is and errors.As find what
// Err matches: the codes of this package, those of the call, the context's
// error. fmt and slog print its ids, its outcome and Err: no text of a reply,
// no URL.
type AskError struct {
	// SessionID is the conversation; it is set where it was made here too. Of
	// BluBash it is empty, unless there was an answer without a part.
	SessionID agentmsg.SessionID
	// QuestionID is the customer's message; empty where the API did not say.
	QuestionID agentmsg.MessageID
	// Outcome says whether the question was asked: NotSent and Rejected: no.
	// Unknown: maybe, Accepted: yes, and do not ask again.
	Outcome agentmsg.Outcome
	// Replies are what had come, by Timestamp; nobody else gets them. Where
	// the question was not asked, or [Waiters] are shared with other
	// processes, those may be here too that are no answer to it.
	Replies []Reply
	// Err is the cause; never nil.
	Err error
}

// Error is one line: the cause, the session, the outcome and how many replies
// had come.
func (e *AskError) Error() string { return e.line() }

func (e AskError) line() string {
	count := strconv.Itoa(len(e.Replies)) + " replies"
	if len(e.Replies) == 1 {
		count = "1 reply"
	}
	cause := strings.TrimPrefix(fmt.Sprint(e.Err), "agentmsg: ")
	return oneLine(fmt.Sprintf("agentmsg: Ask: %s (session %q, %s, %s)", cause, e.SessionID, e.Outcome, count))
}

// Unwrap returns Err.
func (e *AskError) Unwrap() error { return e.Err }

// CallOutcome returns Outcome, for [agentmsg.OutcomeOf].
func (e *AskError) CallOutcome() agentmsg.Outcome { return e.Outcome }

// cannotAsk is a question that does not fit its agent.
func cannotAsk(q Question, op agentmsg.Op, param, reason string) error {
	wrong := &agentmsg.ParamError{Op: op, Param: param, Reason: reason, Code: agentmsg.ErrInvalidParam}
	return &AskError{SessionID: q.SessionID, Outcome: agentmsg.OutcomeNotSent, Err: fmt.Errorf("%w: %w", ErrCannotAsk, wrong)}
}

const maxErrorText = 2 << 10

// oneLine makes any text a line that a log can take, for a store's error may
// say anything.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > maxErrorText {
		s = strings.ToValidUTF8(s[:maxErrorText-len("…")], "") + "…"
	}
	return s
}
