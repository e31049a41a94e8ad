package agent_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// implementations are the agents that every scenario passes on.
var implementations = map[string]func(t *testing.T, server []mockserver.Option) (*mockserver.Server, agent.Agent){
	"MAIA": func(t *testing.T, server []mockserver.Option) (*mockserver.Server, agent.Agent) {
		w := newWorld(t, server, nil)
		return w.Server, w.maia
	},
	"BluBash": func(t *testing.T, server []mockserver.Option) (*mockserver.Server, agent.Agent) {
		s := mockserver.Start(t, server...)
		b, err := agent.NewBluBash(s.Client(), mockserver.DefaultBluBashChannelID)
		require.NoError(t, err)
		return s, b
	},
}

// scenarios know nothing of which agent it is.
var scenarios = map[string]struct {
	server []mockserver.Option
	play   func(t *testing.T, s *mockserver.Server, a agent.Agent)
}{
	"an answer": {nil, func(t *testing.T, s *mockserver.Server, a agent.Agent) {
		answer, err := a.Ask(t.Context(), ana())
		require.NoError(t, err)
		require.Equal(t, "You said: hi", answer.Text())
		require.NotEmpty(t, answer.QuestionID)
		require.Contains(t, []agent.End{agent.EndQuiet, agent.EndComplete}, answer.End)
		x, ok := s.Session(answer.SessionID)
		require.True(t, ok)
		require.Equal(t, "customer: hi\nai: You said: hi\n", x.String())
		require.Equal(t, answer.QuestionID, x.Messages[0].ID)
		require.Equal(t, "ana@example.com", x.ExternalUserID)
		require.Equal(t, "Ana", x.Name)
		require.Contains(t, string(answer.Replies[0].Raw), "You said: hi")
	}},
	"an answer in parts": {with(says("one", "two", "three")), func(t *testing.T, _ *mockserver.Server, a agent.Agent) {
		answer, err := a.Ask(t.Context(), ana())
		require.NoError(t, err)
		require.Equal(t, []string{"one", "two", "three"}, texts(answer.Replies))
		require.Equal(t, "one\ntwo\nthree", answer.Text())
	}},
	"part by part": {with(says("one", "two", "three")), func(t *testing.T, s *mockserver.Server, a agent.Agent) {
		replies := a.Replies(t.Context(), ana())
		require.Empty(t, s.Requests())
		var got []string
		for r, err := range replies {
			require.NoError(t, err)
			got = append(got, r.Text)
		}
		require.Equal(t, []string{"one", "two", "three"}, got)
		for r, err := range replies {
			require.NoError(t, err)
			require.Equal(t, "one", r.Text)
			break
		}
		require.Len(t, s.Requests(), 2)
	}},
	"no answer": {with(silent()), func(t *testing.T, _ *mockserver.Server, a agent.Agent) {
		_, err := a.Ask(t.Context(), ana())
		failed := failure(t, err, agent.ErrNoReply, agentmsg.OutcomeAccepted)
		require.NotEmpty(t, failed.QuestionID)
		for r, err := range a.Replies(t.Context(), ana()) {
			require.Zero(t, r)
			require.ErrorIs(t, err, agent.ErrNoReply)
		}
	}},
	"refused": {with(mockserver.WithFault(mockserver.Fault{Kind: mockserver.Refuse, Status: 400})), func(t *testing.T, _ *mockserver.Server, a agent.Agent) {
		_, err := a.Ask(t.Context(), ana())
		_ = failure(t, err, agentmsg.ErrBadRequest, agentmsg.OutcomeRejected)
	}},
	"cancelled": {with(mockserver.WithAIDelay(time.Minute)), func(t *testing.T, _ *mockserver.Server, a agent.Agent) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := a.Ask(ctx, ana())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.GreaterOrEqual(t, agentmsg.OutcomeOf(err), agentmsg.OutcomeUnknown)
	}},
	"many at once": {nil, func(t *testing.T, _ *mockserver.Server, a agent.Agent) {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				q := agent.Question{UserID: fmt.Sprint("user", i), Text: fmt.Sprint("question ", i)}
				answer, err := a.Ask(t.Context(), q)
				if err != nil || answer.Text() != "You said: "+q.Text {
					t.Errorf("%v, %v", answer, err)
				}
			})
		}
		all.Wait()
	}},
	"what cannot be asked": {nil, func(t *testing.T, s *mockserver.Server, a agent.Agent) {
		for _, q := range []agent.Question{
			{},
			{UserID: "u"},
			{UserID: "u", Text: "hi", SessionID: "s", Content: new(agentmsg.ContactText("hi"))},
		} {
			_, err := a.Ask(t.Context(), q)
			failed := failure(t, err, agent.ErrCannotAsk, agentmsg.OutcomeNotSent)
			require.Equal(t, q.SessionID, failed.SessionID)
			require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
			for _, err := range a.Replies(t.Context(), q) {
				require.ErrorIs(t, err, agent.ErrCannotAsk)
			}
		}
		require.Empty(t, s.Requests())
	}},
	"what it can": {nil, func(t *testing.T, s *mockserver.Server, a agent.Agent) {
		can := a.Capabilities()
		require.True(t, can.Ask)
		require.True(t, can.Split)
		before := len(s.Requests())
		file := ana()
		file.Attachments = []agentmsg.Attachment{{FileKey: "attachments/k", FileName: "f.pdf", ContentType: "application/pdf", Size: 1}}
		_, err := a.Ask(t.Context(), file)
		require.Error(t, err, "it was never uploaded")
		require.Equal(t, can.Attachments, len(s.Requests()) > before)
	}},
}

// ana's question is as both take it.
func ana() agent.Question {
	return agent.Question{UserID: "ana@example.com", UserName: "Ana", Text: "hi"}
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	for name, start := range implementations {
		for about, scenario := range scenarios {
			t.Run(name+"/"+about, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, a := start(t, slices.Clone(scenario.server))
					scenario.play(t, s, a)
					require.NoError(t, s.Idle(t.Context()))
				})
			})
		}
	}
}
