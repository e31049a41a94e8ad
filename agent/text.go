package agent

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/agentmsg/agentmsg"
)

// Format and LogValue are on the values, so that a copy is no less discreet
// than the pointer. What they leave out on purpose: texts, raw bytes, and the
// presigned URLs in them.

// Format writes the id and sizes, whatever the verb.
func (r Reply) Format(f fmt.State, _ rune) { write(f, "Reply"+r.LogValue().String()) }

// LogValue returns the id and sizes.
func (r Reply) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("message", string(r.MessageID)),
		slog.Int("bytes", len(r.Text)),
		slog.Int("attachments", len(r.Attachments)),
	)
}

// Format writes ids and counts, whatever the verb.
func (a Answer) Format(f fmt.State, _ rune) { write(f, "Answer"+a.LogValue().String()) }

// LogValue returns ids and counts.
func (a Answer) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("session", string(a.SessionID)),
		slog.String("question", string(a.QuestionID)),
		slog.Int("replies", len(a.Replies)),
		slog.String("end", string(a.End)),
		slog.Bool("maybeEarlier", a.MaybeEarlier),
		slog.Int("unmatched", len(a.Unmatched)),
	)
}

// Format writes what Error returns, whatever the verb.
func (e AskError) Format(f fmt.State, _ rune) { write(f, e.line()) }

// LogValue returns ids, the outcome, a count and the cause.
func (e AskError) LogValue() slog.Value {
	cause := ""
	if e.Err != nil {
		cause = oneLine(e.Err.Error())
	}
	return slog.GroupValue(
		slog.String("session", string(e.SessionID)),
		slog.String("question", string(e.QuestionID)),
		slog.String("outcome", e.Outcome.String()),
		slog.Int("replies", len(e.Replies)),
		slog.String("error", cause),
	)
}

func write(f fmt.State, text string) { _, _ = io.WriteString(f, oneLine(text)) }

func replyOf(e *agentmsg.MessageEvent) Reply {
	return Reply{
		MessageID: e.MessageID, Text: e.Response, Attachments: e.Attachments,
		Timestamp: e.Timestamp.Time, Raw: e.Raw(),
	}
}
