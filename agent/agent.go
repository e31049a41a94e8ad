package agent

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
)

// Agent answers questions. [MAIA] and [BluBash] are the two there are. An
// Agent is safe for concurrent use.
type Agent interface {
	// Ask sends the question and returns when the answer is there, or will
	// not come. Every error is an [*AskError]; the Answer is nil then. It
	// leaves no goroutine. A repeat asks again.
	Ask(ctx context.Context, q Question) (*Answer, error)
	// Replies is Ask part by part. It sends the question when it is ranged
	// over, each time anew, and yields the parts as they come; an error, an
	// [*AskError], is the last pair and has a zero Reply. To break off ends
	// the wait and nothing else: the AI goes on, and later parts go to the
	// webhook's function.
	Replies(ctx context.Context, q Question) iter.Seq2[Reply, error]
	// Capabilities says what can be asked.
	Capabilities() Capabilities
}

// Capabilities say what an [Agent] can do. A [Question] that needs what is
// false here fails with [ErrCannotAsk], and nothing is sent.
type Capabilities struct {
	// Ask: questions can be asked.
	Ask bool
	// Synchronous: the answer comes in the call that asks; no webhook is
	// needed.
	Synchronous bool
	// Split: one answer may come in several parts.
	Split bool
	// Attachments: a question may have uploaded files.
	Attachments bool
	// HumanTakeover: a human may answer in the AI's place.
	HumanTakeover bool
}

// Question is the customer's turn.
type Question struct {
	// SessionID is the conversation. Empty: MAIA gets a new one, a random
	// UUID that is made here, because the server's own would be known only
	// after the reply may have come. BluBash has none: it must be empty.
	SessionID agentmsg.SessionID
	// UserID is your id of the customer. BluBash: the contact's identifier,
	// required, always the same value for the same person.
	UserID string
	// UserName is a name to show, used when the session or contact is made.
	UserName string
	// Text is what the customer says. Required, unless there is one of
	// Attachments and Content.
	Text string
	// Attachments are uploaded files, MAIA alone: at most 10, at most 100 MB
	// in all.
	Attachments []agentmsg.Attachment
	// Content is anything but a text, or a text, instead of Text; BluBash
	// alone.
	Content *agentmsg.ContactContent
	// AgentID and KanbanID transfer the session where they differ from its
	// current ones; MAIA alone.
	AgentID  agentmsg.AgentID
	KanbanID agentmsg.KanbanID
}

// Reply is one part of an answer. fmt and slog print its id and sizes: no
// text, no URL. json.Marshal writes all of it, the presigned URLs too.
type Reply struct {
	// MessageID is the part's; empty on BluBash, which gives none.
	MessageID agentmsg.MessageID
	// Text is empty where the part is a file alone.
	Text string
	// Attachments have presigned URLs, which end: the vendor does not say
	// when. [agentmsg.DownloadEventAttachment] fetches them; MAIA alone.
	Attachments []agentmsg.EventAttachment
	// Timestamp is the server's; zero on BluBash, which gives none.
	Timestamp time.Time
	// Raw is the part as it came: of MAIA the event, of BluBash the element
	// of aiMessages.
	Raw json.RawMessage
}

// Answer is what was replied to one [Question]. fmt and slog print its ids
// and sizes: no text, no URL.
type Answer struct {
	// SessionID is the conversation: the question's, or the one made for it;
	// of BluBash the conversation's id.
	SessionID agentmsg.SessionID
	// QuestionID is the customer's message. It is empty where MAIA's 202 was
	// lost, and the reply alone shows that the question arrived.
	QuestionID agentmsg.MessageID
	// Replies are the parts by Timestamp, at least one.
	Replies []Reply
	// End says why nothing more was waited for.
	End End
	// MaybeEarlier says that an earlier question of the session ended
	// unanswered, within the last hour and in this process, and no reply has
	// come to it since: this may be its answer.
	MaybeEarlier bool
	// Unmatched are messages that were acknowledged on behalf of this
	// question and are no part of its answer: older than it, your own, or
	// beyond [WithMaxReplies]. Nobody else gets them. It is empty unless
	// [Waiters] are shared with other processes, the local clock is wrong, or
	// the 202 took seconds; and where [WithUnmatched] takes them.
	Unmatched []Reply
}

// Text is the texts of the replies, joined by line breaks.
func (a *Answer) Text() string {
	var texts []string
	for _, r := range a.Replies {
		if r.Text != "" {
			texts = append(texts, r.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// End says what ended an answer. The list is open.
type End string

// The ends.
const (
	// EndQuiet: no further part came for the time of [WithQuiet].
	EndQuiet End = "quiet"
	// EndComplete: the API said that this is all.
	EndComplete End = "complete"
	// EndPaused: the AI was paused after it had begun to answer.
	EndPaused End = "paused"
	// EndMaxReplies: there were as many parts as [WithMaxReplies] asks for.
	EndMaxReplies End = "max_replies"
)
