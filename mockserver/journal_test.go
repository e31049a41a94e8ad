package mockserver_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func TestRequestInTheJournal(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	status, answer := exchange(s, http.MethodPost, "/sessions/a%2Fb/messages/status?x=1", `{"providerMsgId":"w"}`, "Cookie", "a=b", "X-Idempotency-Key", "k")
	all := s.Requests()
	require.Len(t, all, 1)
	r := all[0]
	require.Equal(t, agentmsg.OpUpdateStatus, r.Op)
	require.EqualValues(t, "a/b", r.Session)
	require.Equal(t, "POST /sessions/a%2Fb/messages/status", r.Method+" "+r.Path)
	require.Equal(t, "1", r.Query.Get("x"))
	require.JSONEq(t, `{"providerMsgId":"w"}`, string(r.Body))
	require.Equal(t, status, r.Status)
	require.Equal(t, answer, string(r.Response))
	require.Equal(t, "k", r.Header.Get("X-Idempotency-Key"))
	for _, secret := range []string{"Authorization", "X-Api-Key", "Cookie"} {
		require.Equal(t, []string{"REDACTED"}, r.Header[secret])
	}
	require.Empty(t, s.Requests(agentmsg.OpSend))
	require.Len(t, s.Requests(agentmsg.OpSend, agentmsg.OpUpdateStatus), 1)
	r.Body[0] = 'x'
	require.Equal(t, byte('{'), s.Requests()[0].Body[0], "a copy")
}

// A reader of an answer finds it in the journal.
func TestInTheJournalBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(nil))
	client := s.Client()
	for i := range 50 {
		require.NoError(t, send(t.Context(), client, "s", "hi"))
		require.Len(t, s.Requests(agentmsg.OpSend), i+1)
	}
}

func TestJournalDropsTheOldest(t *testing.T) {
	t.Parallel()
	tb := new(fakeTB)
	tb.run(func() {
		s := mockserver.Start(tb, mockserver.WithJournal(2), mockserver.WithAI(nil))
		for _, text := range []string{"one", "two", "three"} {
			require.NoError(t, send(t.Context(), s.Client(), "s", text))
		}
		require.NoError(t, s.WaitRequests(t.Context(), agentmsg.OpSend, 3), "dropped ones count")
		requests, deliveries := s.Dropped()
		require.Equal(t, []int{1, 0}, []int{requests, deliveries})
		require.Empty(t, tb.errors)
		require.Empty(t, s.Deliveries())
		kept := s.Requests()
		require.Len(t, kept, 2)
		require.Contains(t, string(kept[0].Body), "two")
	})
	require.Len(t, tb.errors, 1)
	require.Contains(t, tb.errors[0], "WithJournal")
}

// Bodies have 64 MiB in all, of requests and deliveries together.
func TestJournalBoundsItsBodies(t *testing.T) {
	t.Parallel()
	s, err := mockserver.New(mockserver.WithAI(nil), mockserver.WithWebhookHandler(new(inbox), ""))
	require.NoError(t, err)
	defer s.Close()
	s.HumanSays("s", strings.Repeat("x", 1<<19))
	require.NoError(t, s.Idle(t.Context()))
	body := strings.Repeat("x", 8<<20)
	for range 8 {
		status, _ := exchange(s, http.MethodPost, "/messages", body, "Authorization", "")
		require.Equal(t, http.StatusUnauthorized, status)
	}
	requests, deliveries := s.Dropped()
	require.Equal(t, []int{1, 1}, []int{requests, deliveries})
}

// Long headers, paths and queries count as bodies do.
func TestJournalBoundsItsHeads(t *testing.T) {
	t.Parallel()
	s, err := mockserver.New()
	require.NoError(t, err)
	defer s.Close()
	long := strings.Repeat("x", 30<<20)
	for dropped, c := range []struct{ path, header string }{{"/kanbans", long}, {"/kanbans?q=" + long, ""}, {"/kanbans", long}, {"/" + long, ""}} {
		exchange(s, http.MethodGet, c.path, "", "X-Long", c.header)
		requests, _ := s.Dropped()
		require.Equal(t, max(dropped-1, 0), requests)
	}
}

func TestWaitSaysWhatItMissed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithWebhookHandler(&inbox{status: []int{404}}, ""))
		require.NoError(t, send(t.Context(), s.Client(), "s1", "hi"))
		for range 30 { // they hide nothing
			_, err := s.Client().Sessions.PauseAI(t.Context(), "none")
			require.ErrorIs(t, err, agentmsg.ErrNotFound)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		for _, err := range []error{
			s.WaitRequests(ctx, agentmsg.OpSend, 2), s.WaitRequests(ctx, "", 70), s.WaitDeliveries(ctx, 9), s.Wait(ctx, func() bool { return false }),
		} {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, "mockserver: waited for ")
			require.ErrorContains(t, err, `PATCH /sessions/none/ai-paused: 404 (Sessions.PauseAI) {"error":"Not Found","message":"Session not found"}`)
			require.ErrorContains(t, err, `message of "s1", attempt 1: 404`)
			require.ErrorContains(t, err, "customer: hi\n    ai: You said: hi")
		}
		require.ErrorContains(t, s.WaitRequests(ctx, agentmsg.OpSend, 2), "POST /messages: 202 (Messages.Send)")
	})
}

func TestWaitAsksAfterEachChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithAIDelay(time.Minute))
		require.NoError(t, send(t.Context(), s.Client(), "s", "hi"))
		began := time.Now()
		require.NoError(t, s.Wait(t.Context(), func() bool {
			x, _ := s.Session("s")
			return strings.Contains(x.String(), "ai: ")
		}))
		require.Equal(t, time.Minute, time.Since(began))
	})
}

// Idle waits for the thinking AI, the delivery and its retries.
func TestIdleWaitsForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithAIDelay(time.Minute), mockserver.WithWebhookHandler(&inbox{status: []int{500, 500, 500}}, ""))
		require.NoError(t, s.Idle(t.Context()), "of a new server")
		require.NoError(t, send(t.Context(), s.Client(), "s", "hi"))
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.True(t, errors.Is(s.Idle(ctx), context.DeadlineExceeded))
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, time.Minute+7*time.Second, time.Since(began))
		require.Len(t, s.Deliveries(), 4)
	})
}
