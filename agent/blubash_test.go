package agent_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func newBluBash(t *testing.T, server []mockserver.Option, opts ...agent.Option) (*mockserver.Server, *agent.BluBash) {
	t.Helper()
	s := mockserver.Start(t, server...)
	b, err := agent.NewBluBash(s.Client(), mockserver.DefaultBluBashChannelID, opts...)
	require.NoError(t, err)
	return s, b
}

func TestBluBashAnswer(t *testing.T) {
	t.Parallel()
	s, b := newBluBash(t, with(says("one", "two")))
	answer, err := b.Ask(t.Context(), agent.Question{UserID: "ana", Content: new(agentmsg.ContactImage("https://x.test/a.png", "look"))})
	require.NoError(t, err)
	require.Equal(t, agent.EndComplete, answer.End)
	require.JSONEq(t, `{"content":{"text":{"body":"two"},"type":"text"},"type":"TEXT","sender_type":"AI","sender_name":"Mock","channel_message_id":null}`,
		string(answer.Replies[1].Raw))
	require.Zero(t, answer.Replies[0].Timestamp)
	x, _ := s.Session(answer.SessionID)
	require.Equal(t, "customer: look\nai: one\nai: two\n", x.String())

	again, err := b.Ask(t.Context(), agent.Question{UserID: "ana", Text: "and?"})
	require.NoError(t, err)
	require.Equal(t, answer.SessionID, again.SessionID, "the conversation's")
	require.Equal(t, agent.Capabilities{Ask: true, Synchronous: true, Split: true}, b.Capabilities())
}

func TestBluBashCannotAsk(t *testing.T) {
	t.Parallel()
	s, b := newBluBash(t, nil)
	text := new(agentmsg.ContactText("hi"))
	for param, q := range map[string]agent.Question{
		"UserID":                {Text: "hi"},
		"SessionID":             {UserID: "u", Text: "hi", SessionID: "s"},
		"Attachments":           {UserID: "u", Text: "hi", Attachments: []agentmsg.Attachment{{FileKey: "k"}}},
		"AgentID or KanbanID":   {UserID: "u", Text: "hi", KanbanID: "k"},
		"AgentID or KanbanID ":  {UserID: "u", Text: "hi", AgentID: "a"},
		"Text is given beside":  {UserID: "u", Text: "hi", Content: text},
		"Text is empty":         {UserID: "u"},
		"agentmsg: BluBash.Ask": {},
	} {
		_, err := b.Ask(t.Context(), q)
		_ = failure(t, err, agent.ErrCannotAsk, agentmsg.OutcomeNotSent)
		require.ErrorContains(t, err, param)
	}
	_, err := b.Ask(t.Context(), agent.Question{UserID: "u", Content: new(agentmsg.ContactContent{})})
	_ = failure(t, err, agentmsg.ErrInvalidParam, agentmsg.OutcomeNotSent)
	require.Empty(t, s.Requests())
}

func TestBluBashTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, b := newBluBash(t, with(mockserver.WithAIDelay(90*time.Second)))
		_, err := b.Ask(t.Context(), ana())
		require.NoError(t, err, "its own bound is the client's")

		_, b = newBluBash(t, with(mockserver.WithAIDelay(90*time.Second)), agent.WithAnswerTimeout(time.Minute))
		began := time.Now()
		_, err = b.Ask(t.Context(), ana())
		_ = failure(t, err, agent.ErrNoReply, agentmsg.OutcomeUnknown)
		require.Equal(t, time.Minute, time.Since(began))

		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(context.DeadlineExceeded)
		_, err = b.Ask(ctx, ana())
		_ = failure(t, err, context.Canceled, agentmsg.OutcomeNotSent)
		require.NotErrorIs(t, err, agent.ErrNoReply)
	})
}

// Whatever the body says: an answer, or an error that says whether to ask
// again.
func TestBluBashOddAnswers(t *testing.T) {
	t.Parallel()
	const head = `{"success":true,"messageId":"q1","conversationId":"c1"`
	for body, want := range map[string]struct {
		outcome agentmsg.Outcome
		code    error
		texts   []string
		raw     string
	}{
		head + `}`:                    {outcome: agentmsg.OutcomeAccepted, code: agent.ErrNoReply},
		head + `,"aiMessages":null}`:  {outcome: agentmsg.OutcomeAccepted, code: agent.ErrNoReply},
		head + `,"aiMessages":[]}`:    {outcome: agentmsg.OutcomeAccepted, code: agent.ErrNoReply},
		head + `,"aiMessages":"no"}`:  {outcome: agentmsg.OutcomeAccepted, code: agent.ErrNoReply},
		`{"success":false}`:           {outcome: agentmsg.OutcomeUnknown, code: nil},
		`{"success":true}`:            {outcome: agentmsg.OutcomeAccepted, code: nil},
		`[]`:                          {outcome: agentmsg.OutcomeAccepted, code: nil},
		``:                            {outcome: agentmsg.OutcomeAccepted, code: nil},
		head + `,"aiMessages":["x"]}`: {texts: []string{""}, raw: `"x"`},
		head + `,"aiMessages":[{"content":{"text":{"body":"a"}}},{"content":{"text":null}}]}`:        {texts: []string{"a", ""}, raw: `{"content":{"text":{"body":"a"}}}`},
		"\ufeff" + head + `,"aiMessages":[{"content":{"text":{"body":"after a byte order mark"}}}]}`: {texts: []string{"after a byte order mark"}, raw: `{"content":{"text":{"body":"after a byte order mark"}}}`},
	} {
		transport := httpmock.NewMockTransport()
		transport.RegisterResponder(http.MethodPost, "https://api.blubash.io/api/v1/channels/c/messages", httpmock.NewStringResponder(http.StatusOK, body))
		client, err := agentmsg.NewClient(agentmsg.WithBluBash("key"), agentmsg.WithHTTPClient(&http.Client{Transport: transport}), agentmsg.WithRetry(agentmsg.RetryPolicy{MaxAttempts: 1}))
		require.NoError(t, err)
		b, err := agent.NewBluBash(client, "c")
		require.NoError(t, err)
		answer, err := b.Ask(t.Context(), ana())
		if want.texts == nil {
			require.Nil(t, answer, body)
			failed, ok := errors.AsType[*agent.AskError](err)
			require.True(t, ok, body)
			require.Equal(t, want.outcome, failed.Outcome, body)
			require.Equal(t, want.code != nil, errors.Is(err, agent.ErrNoReply), body)
			continue
		}
		require.NoError(t, err, body)
		require.Equal(t, want.texts, texts(answer.Replies), body)
		require.Equal(t, want.raw, string(answer.Replies[0].Raw), body)
		require.Equal(t, agent.EndComplete, answer.End)
	}
}
