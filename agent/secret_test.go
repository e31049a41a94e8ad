package agent_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/stretchr/testify/require"
)

// Texts and presigned URLs are in no text of what Ask returns.
func TestNothingIsShown(t *testing.T) {
	t.Parallel()
	const url, words = "https://storage.test/f?signature=s3cr3t", "confidential"
	reply := agent.Reply{
		MessageID: "m1", Text: words, Attachments: []agentmsg.EventAttachment{{ID: "a", URL: url}},
		Raw: []byte(`{"response":"` + words + `","attachments":[{"url":"` + url + `"}]}`),
	}
	answer := agent.Answer{SessionID: "s1", QuestionID: "q1", Replies: []agent.Reply{reply}, End: agent.EndQuiet, Unmatched: []agent.Reply{reply}}
	failed := agent.AskError{SessionID: "s1", Outcome: agentmsg.OutcomeAccepted, Replies: []agent.Reply{reply}, Err: agent.ErrNoReply}
	type around struct{ Inner any }
	for _, v := range []any{
		reply, &reply, answer, &answer, failed, &failed, []agent.Reply{reply}, around{reply}, around{&answer}, around{failed},
		fmt.Errorf("wrapped: %w", &failed), errors.Join(&failed, &failed),
	} {
		text := fmt.Sprintf("%s %v %+v %#v %q %d %x", v, v, v, v, v, v, v)
		require.NotContains(t, text, words)
		require.NotContains(t, text, "s3cr3t")
		var out bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&out, nil))
		logger.Info("text", "value", v)
		if _, plain := v.(around); !plain { // JSON of one's own struct is one's own
			slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "value", v)
		}
		if _, list := v.([]agent.Reply); !list {
			require.NotContains(t, out.String(), words)
			require.NotContains(t, out.String(), "s3cr3t")
		}
	}
	require.Equal(t, "Reply[message=m1 bytes=12 attachments=1]", fmt.Sprint(reply))
	require.Equal(t, "Answer[session=s1 question=q1 replies=1 end=quiet maybeEarlier=false unmatched=1]", fmt.Sprintf("%#v", &answer))
	require.Equal(t, `agentmsg: Ask: no_reply (session "s1", Accepted, 1 reply)`, (&failed).Error())
	require.Equal(t, (&failed).Error(), fmt.Sprintf("%#v", failed))
	require.Equal(t, "[session=s1 question= outcome=Accepted replies=1 error=no_reply]", failed.LogValue().String())
}

// A cause may say anything.
func TestErrorIsOneBoundedLine(t *testing.T) {
	t.Parallel()
	err := &agent.AskError{SessionID: "s\n1", Err: errors.New("a\r\nb\x1b[31m" + string(bytes.Repeat([]byte("x"), 5000)) + "\xff")}
	require.NotContains(t, err.Error(), "\n")
	require.NotContains(t, err.Error(), "\x1b")
	require.LessOrEqual(t, len(err.Error()), 2<<10)
	require.NotPanics(t, func() { _ = (&agent.AskError{}).Error() })
	require.Equal(t, "[session= question= outcome=None replies=0 error=]", agent.AskError{}.LogValue().String())
}
