package mockserver_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// listed is a call that stores nothing, with its answer and what that says of
// the limit: "limit remaining seconds-to-reset".
func listed(s *mockserver.Server, path string, headers ...string) (status int, answer, limit string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+mockserver.DefaultMAIAToken)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	h := w.Result().Header
	if reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		limit = fmt.Sprintf("%s %s %d", h.Get("X-RateLimit-Limit"), h.Get("X-RateLimit-Remaining"), reset-time.Now().Unix())
	}
	return w.Code, w.Body.String(), limit
}

// The minute slides, and what is refused does not count.
func TestRateLimitOfAMinute(t *testing.T) {
	t.Parallel()
	for status, answer := range map[int]string{
		429: `{"error":"Too Many Requests","message":"Rate limit exceeded: 2 calls a minute"}`,
		403: `{"error":"Forbidden","message":"Rate limit exceeded: 2 calls a minute"}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := mockserver.Start(t, mockserver.WithRateLimitStatus(status), mockserver.WithRateLimit(2, 100))
			for _, row := range []struct {
				after  time.Duration
				status int
				limit  string
			}{
				{0, 200, "2 1 60"}, {20 * time.Second, 200, "2 0 40"}, {0, status, "2 0 40"}, {39 * time.Second, status, "2 0 1"},
				{time.Second - time.Millisecond, status, "2 0 1"}, {time.Millisecond, 200, "2 0 20"}, {0, status, "2 0 20"}, {20 * time.Second, 200, "2 0 40"}, {0, status, "2 0 40"},
				{time.Hour, 200, "2 1 60"},
			} {
				time.Sleep(row.after)
				got, said, limit := listed(s, "/kanbans")
				require.Equal(t, row.status, got, said)
				require.Equal(t, row.limit, limit)
				if row.status == status {
					require.Equal(t, answer, said)
				}
			}
		})
	}
}

// Whoever comes at Reset does not come too early, whatever the fraction.
func TestResetIsRoundedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithRateLimit(1, 9))
		time.Sleep(time.Millisecond)
		_, _, limit := listed(s, "/kanbans")
		require.Equal(t, "1 0 61", limit)
		time.Sleep(61*time.Second - time.Millisecond)
		status, _, _ := listed(s, "/kanbans")
		require.Equal(t, http.StatusOK, status)
	})
}

// The hour slides too. Its refusals speak of the minute, which may be free.
func TestRateLimitOfAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithRateLimit(2, 3))
		for range 3 {
			status, _, _ := listed(s, "/kanbans")
			require.Equal(t, http.StatusOK, status)
			time.Sleep(time.Minute)
		}
		status, said, limit := listed(s, "/kanbans")
		require.Equal(t, http.StatusTooManyRequests, status)
		require.Equal(t, "2 0 60", limit)
		require.Equal(t, `{"error":"Too Many Requests","message":"Rate limit exceeded: 3 calls an hour"}`, said)
		time.Sleep(57*time.Minute - time.Millisecond)
		status, _, _ = listed(s, "/kanbans")
		require.Equal(t, http.StatusTooManyRequests, status)
		time.Sleep(time.Millisecond)
		status, _, limit = listed(s, "/kanbans")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "2 1 60", limit)
	})
}

// Calls with a good token count, whatever they come to; the other APIs and
// the storage have no such limit.
func TestWhatTheLimitCounts(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithRateLimit(5, 9))
	key := arrived(t, s) // one call to MAIA, one to the storage
	for _, row := range []struct {
		path      string
		headers   []string
		status    int
		remaining string
	}{
		{"/kanbans", []string{"Authorization", "Bearer wrong"}, 401, ""}, {"/kanbans", nil, 200, "3"}, {"/kanbans?limit=0", nil, 400, "2"},
		{"/attachments/none", nil, 404, "1"}, {"/attachments/" + key, nil, 200, "0"}, {"/kanbans", nil, 429, "0"},
		{"/kanbans", []string{"Authorization", "Bearer wrong"}, 401, ""},
	} {
		status, said, limit := listed(s, row.path, row.headers...)
		require.Equal(t, row.status, status, said)
		require.Equal(t, row.remaining, strings.Join(append(strings.Fields(limit), "", "")[1:2], ""), row.path)
	}
	for range 9 {
		post(t, s, contacts, `{"contactIdentifier":"c","type":"TEXT","content":{"text":{"body":"hi"}}}`, http.StatusOK)
		post(t, s, conversation, `{"sender_id":"u","sender_type":"user","text":"hi"}`, http.StatusOK)
	}
	post(t, s, "/messages", message(), http.StatusTooManyRequests)
	_, ok := s.Session("s1")
	require.False(t, ok, "what is refused stores nothing")
}

func TestNoLimitNoHeader(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	for range 200 {
		status, _, limit := listed(s, "/kanbans")
		require.Equal(t, http.StatusOK, status)
		require.Empty(t, limit)
	}
	require.NoError(t, send(t.Context(), s.Client(), "s", "hi"))
	_, known := s.Client().RateLimit(agentmsg.MAIA)
	require.False(t, known)
}

// The client knows a limit for what it is, with either status.
func TestClientAtTheLimit(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 403} {
		s := mockserver.Start(t, mockserver.WithRateLimit(1, 1), mockserver.WithRateLimitStatus(status))
		client := s.Client(agentmsg.WithRetry(agentmsg.RetryPolicy{MaxAttempts: 1}))
		require.NoError(t, send(t.Context(), client, "s", "hi"))
		limit, known := client.RateLimit(agentmsg.MAIA)
		require.True(t, known)
		require.Equal(t, []int{1, 0}, []int{limit.Limit, limit.Remaining})
		err := send(t.Context(), client, "s", "hi")
		require.ErrorIs(t, err, agentmsg.ErrRateLimited)
		e, ok := errors.AsType[*agentmsg.APIError](err)
		require.True(t, ok)
		require.Equal(t, []any{status, agentmsg.OutcomeRejected}, []any{e.Status, e.Outcome})
		require.Zero(t, e.RetryAfter, "nobody documents that header")
	}
}

// An hour of back-off: the limit of the hour is used up, each refusal names
// the end of the minute, and the client asks again until the hour is over.
func TestAnHourOfBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithRateLimit(1, 1))
		client := s.Client(agentmsg.WithRetry(agentmsg.RetryPolicy{MaxAttempts: 100, MaxRetryAfter: 2 * time.Minute, Budget: -1}))
		require.NoError(t, send(t.Context(), client, "s", "one"))
		began := time.Now()
		require.NoError(t, send(t.Context(), client, "s", "two"))
		took := time.Since(began)
		require.GreaterOrEqual(t, took, time.Hour)
		require.Less(t, took, time.Hour+2*time.Minute)
		asked := s.Requests(agentmsg.OpSend)
		require.Greater(t, len(asked), 30)
		for i, r := range asked[2:] {
			require.GreaterOrEqual(t, r.At.Sub(asked[i+1].At), 59*time.Second, "no sooner than it was told")
		}
		require.NoError(t, s.Idle(t.Context()))
		x, _ := s.Session("s")
		require.Equal(t, "customer: one\nai: You said: one\ncustomer: two\nai: You said: two\n", x.String())
	})
}

// A client that limits itself is never refused.
func TestClientThatLimitsItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithRateLimit(10, 100), mockserver.WithAI(nil))
		client := s.Client(agentmsg.WithRetry(agentmsg.RetryPolicy{MaxAttempts: 1, MaxRetryAfter: 2 * time.Hour}),
			agentmsg.WithRateLimit(agentmsg.MAIA, agentmsg.RateWindow{Limit: 10, Per: time.Minute}, agentmsg.RateWindow{Limit: 100, Per: time.Hour}))
		began := time.Now()
		for range 120 {
			require.NoError(t, send(t.Context(), client, "s", "hi"))
		}
		require.GreaterOrEqual(t, time.Since(began), time.Hour)
	})
}
