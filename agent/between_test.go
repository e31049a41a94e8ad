package agent_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/agent"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// begin asks, and returns when the question has arrived.
func (w *world) begin(t *testing.T, text string) *asked {
	t.Helper()
	n := len(w.posts())
	a := w.start(t, agent.Question{SessionID: session, Text: text})
	require.NoError(t, w.WaitRequests(t.Context(), agentmsg.OpSend, n+1))
	synctest.Wait()
	return a
}

// Nothing tells a human's message from the AI's.
func TestHumanInBetween(t *testing.T) {
	t.Parallel()
	inBubble(t, with(mockserver.WithAIDelay(2*time.Second)), nil, func(t *testing.T, w *world) {
		a := w.begin(t, "hi")
		time.Sleep(time.Second)
		w.HumanSays(session, "one moment")
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "one moment\nYou said: hi", answer.Text())
	})
}

// The customer's own words are no reply, and hold up no answer.
func TestIncomingAndEchoAreNoReplies(t *testing.T) {
	t.Parallel()
	phone := mockserver.WithChannel(mockserver.Channel{ID: "phone", Identifier: "+55", Type: agentmsg.ChannelTypeWhatsAppQR, ForwardIncoming: true})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, with(phone, silent()), nil)
		maia, err := agent.NewMAIA(w.client, agentmsg.WhatsAppQR("+55"))
		require.NoError(t, err)
		w.maia = maia
		w.SetWebhookHandler(newHandler(t, w.keep, agentmsg.WithWebhookTap(maia.Take)), "")
		a := w.begin(t, "hi")
		w.AISays(session, "answer")
		time.Sleep(2 * time.Second)
		w.CustomerSays(session, "hello?")
		w.OwnerSays(session, "I am on it")
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "answer", answer.Text())
		require.Equal(t, quiet, a.took, "the window did not begin anew")
		require.Equal(t, []string{"hi", "hello?", "I am on it"}, w.texts())
	})
}

func TestFileAloneIsAReply(t *testing.T) {
	t.Parallel()
	inBubble(t, with(silent()), nil, func(t *testing.T, w *world) {
		a := w.begin(t, "hi")
		w.Emit([]byte(`{"sessionId":"s1","messageId":"m0","response":"","direction":"outgoing"}`))
		w.Emit([]byte(`{"sessionId":"s1","messageId":"m1","response":"","attachments":[{"id":"a","url":"https://storage.test/f?sig=1"}]}`))
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Len(t, answer.Replies, 1)
		require.Empty(t, answer.Text())
		require.Len(t, answer.Replies[0].Attachments, 1)
		require.Len(t, w.texts(), 1, "a message of nothing is none")
	})
}

// The event comes before the call that caused it has returned the id.
func TestOwnAgentMessageInBetween(t *testing.T) {
	t.Parallel()
	late := mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSendAgentMessage, Kind: mockserver.Delay, Delay: 2 * time.Second})
	inBubble(t, with(late, silent()), nil, func(t *testing.T, w *world) {
		a := w.begin(t, "hi")
		_, err := w.maia.SendAgentMessage(t.Context(), mockserver.DefaultChannelID, session, agentmsg.AgentMessageParams{Content: "own"})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []string{"own"}, w.texts())
		w.AISays(session, "answer")
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "answer", answer.Text())
		require.Equal(t, 2*time.Second+quiet, a.took)
		require.False(t, answer.MaybeEarlier)
	})
}

// While its id is not known Take waits, but not beyond its context.
func TestTakeOfOwnAgentMessageIsBounded(t *testing.T) {
	t.Parallel()
	late := mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSendAgentMessage, Kind: mockserver.Delay, Delay: 10 * time.Second})
	inBubble(t, with(late, silent()), nil, func(t *testing.T, w *world) {
		_, err := w.maia.SendAgentMessage(t.Context(), mockserver.DefaultChannelID, session, agentmsg.AgentMessageParams{Content: "own"})
		require.NoError(t, err)
		require.NoError(t, w.Idle(t.Context()))
		attempts := w.Deliveries()
		require.Len(t, attempts, 2)
		require.Equal(t, 503, attempts[0].Status)
		require.Equal(t, 200, attempts[1].Status)
		require.Equal(t, []string{"own"}, w.texts())

		_, err = w.maia.SendAgentMessage(t.Context(), "nowhere", session, agentmsg.AgentMessageParams{Content: "own"})
		require.ErrorIs(t, err, agentmsg.ErrNotFound)
		a := w.begin(t, "hi")
		w.AISays(session, "answer")
		_, err = a.wait(t)
		require.NoError(t, err, "a failed call holds nothing up")
	})
}

func TestPauseInBetween(t *testing.T) {
	t.Parallel()
	inBubble(t, with(says("a\nb"), split(2*time.Second)), nil, func(t *testing.T, w *world) {
		a := w.begin(t, "hi")
		time.Sleep(time.Second)
		_, err := w.client.Sessions.PauseAI(t.Context(), session)
		require.NoError(t, err)
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, agent.EndPaused, answer.End)
		require.Equal(t, "a", answer.Text())
		require.Equal(t, time.Second, a.took)
		require.NoError(t, w.Idle(t.Context()))
		require.Equal(t, []agentmsg.EventType{agentmsg.EventAIPause}, w.kinds(), "the function hears of the pause too")
	})
}

// The pause comes by the account's URL, whose handler has the same tap.
func TestPauseBeforeTheReply(t *testing.T) {
	t.Parallel()
	inBubble(t, with(mockserver.WithAIDelay(10*time.Second)), nil, func(t *testing.T, w *world) {
		account := newHandler(t, w.keep, agentmsg.WithWebhookTap(w.maia.Take))
		a := w.begin(t, "hi")
		w.SetWebhookHandler(account, "")
		time.Sleep(time.Second)
		_, err := w.client.Sessions.PauseAI(t.Context(), session)
		require.NoError(t, err)
		_, err = a.wait(t)
		_ = failure(t, err, agent.ErrPaused, agentmsg.OutcomeAccepted)
		require.Equal(t, time.Second, a.took)
	})
}

// A pause that is heard of before the 202 ends the wait with the 202.
func TestPauseBefore202(t *testing.T) {
	t.Parallel()
	inBubble(t, with(silent(), slow202(2*time.Second)), nil, func(t *testing.T, w *world) {
		a := w.start(t, agent.Question{SessionID: session, Text: "hi"})
		synctest.Wait()
		w.Emit([]byte(`{"eventType":"ai_pause","sessionId":"s1"}`))
		_, err := a.wait(t)
		require.NotEmpty(t, failure(t, err, agent.ErrPaused, agentmsg.OutcomeAccepted).QuestionID)
		require.Equal(t, 2*time.Second, a.took)
	})
}

// News from before the question comes while it is being asked.
func TestPauseAndResumeBefore202(t *testing.T) {
	t.Parallel()
	inBubble(t, with(slow202(2*time.Second), mockserver.WithAIDelay(5*time.Second)), nil, func(t *testing.T, w *world) {
		a := w.start(t, agent.Question{SessionID: session, Text: "hi"})
		synctest.Wait()
		w.Emit([]byte(`{"eventType":"ai_pause","sessionId":"s1","aiPaused":true}`))
		w.Emit([]byte(`{"eventType":"ai_pause","sessionId":"s1","aiPaused":false}`))
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "You said: hi", answer.Text())
	})
}

// A pause that is heard of while the question waits for its turn ends it too,
// once it is where a human finds it; a resume undoes that.
func TestPauseBeforeThePost(t *testing.T) {
	t.Parallel()
	inBubble(t, with(mockserver.WithAIDelay(time.Second)), nil, func(t *testing.T, w *world) {
		cutOff := func(text string) { // so that a quiet window is to pass
			a := w.begin(t, text)
			a.cancel()
			_, err := a.wait(t)
			require.ErrorIs(t, err, context.Canceled)
		}
		cutOff("one")
		a := w.start(t, agent.Question{SessionID: session, Text: "two"})
		synctest.Wait()
		_, err := w.client.Sessions.PauseAI(t.Context(), session)
		require.NoError(t, err)
		_, err = a.wait(t)
		_ = failure(t, err, agent.ErrPaused, agentmsg.OutcomeAccepted)
		require.Equal(t, quiet, a.took)
		require.Len(t, w.posts(), 2)

		cutOff("three")
		a = w.start(t, agent.Question{SessionID: session, Text: "four"})
		synctest.Wait()
		w.Emit([]byte(`{"eventType":"ai_pause","sessionId":"s1","aiPaused":true}`))
		_, err = w.client.Sessions.ResumeAI(t.Context(), session)
		require.NoError(t, err)
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "You said: four", answer.Text())
	})
}

// Of a session that was paused before nobody hears.
func TestPausedBefore(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(t *testing.T, w *world) {
		w.AISays(session, "welcome")
		_, err := w.client.Sessions.PauseAI(t.Context(), session)
		require.NoError(t, err)
		require.NoError(t, w.Idle(t.Context()))
		began := time.Now()
		_, err = w.ask(t, "hi")
		_ = failure(t, err, agent.ErrNoReply, agentmsg.OutcomeAccepted)
		require.Equal(t, time.Minute, time.Since(began))
	})
}

func TestResumeEndsNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, with(mockserver.WithAIDelay(10*time.Second)), nil, func(t *testing.T, w *world) {
		w.AISays(session, "welcome")
		_, err := w.client.Sessions.PauseAI(t.Context(), session)
		require.NoError(t, err)
		_, err = w.client.Sessions.ResumeAI(t.Context(), session)
		require.NoError(t, err)
		require.NoError(t, w.Idle(t.Context()))
		a := w.begin(t, "hi")
		w.Emit([]byte(`{"eventType":"ai_pause","sessionId":"s1","aiPaused":false}`))
		answer, err := a.wait(t)
		require.NoError(t, err)
		require.Equal(t, "You said: hi", answer.Text())
		require.Equal(t, agent.EndQuiet, answer.End)
	})
}

func TestTwoTenantsWithOneSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := agent.NewMemoryWaiters()
		// Escaped and joined, no two of these pairs meet.
		tenants := []string{"a", "a/s1", "a%2Fs1", "b"}
		var worlds []*world
		for _, tenant := range tenants {
			w := newWorld(t, with(says("for "+tenant)), []agent.Option{agent.WithTenant(tenant), agent.WithWaiters(shared)})
			worlds = append(worlds, w)
		}
		// One handler of all receives, and every agent is asked about every event.
		for i, w := range worlds {
			h, err := agentmsg.NewWebhookHandler(w.keep, agentmsg.WithWebhookTenants(tenantIs(tenants[i])),
				agentmsg.WithWebhookTap(func(ctx context.Context, e agentmsg.Event) (bool, error) {
					for _, each := range worlds {
						if taken, err := each.maia.Take(ctx, e); taken || err != nil {
							return taken, err
						}
					}
					return false, nil
				}))
			require.NoError(t, err)
			w.SetWebhookHandler(h, "")
		}
		var asks []*asked
		for _, w := range worlds {
			asks = append(asks, w.start(t, agent.Question{SessionID: session, Text: "hi"}))
		}
		for i, a := range asks {
			answer, err := a.wait(t)
			require.NoError(t, err)
			require.Equal(t, "for "+tenants[i], answer.Text())
			require.Equal(t, quiet, a.took, "none waits for another")
		}
		taken, err := worlds[0].maia.Take(t.Context(), &agentmsg.MessageEvent{SessionID: session, MessageID: "m", Response: "no tenant"})
		require.NoError(t, err)
		require.False(t, taken)
	})
}

func tenantIs(id string) func(*http.Request) (agentmsg.Tenant, error) {
	return func(*http.Request) (agentmsg.Tenant, error) {
		return agentmsg.Tenant{ID: id, Secrets: []string{mockserver.DefaultWebhookSecret}}, nil
	}
}
