package mockserver_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// What waits for a retry, is held, or was cut off by Close is undelivered; what
// arrived, was lost or given up is not.
func TestUndelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithWebhookHandler(&inbox{status: []int{200, 503, 500, 500, 500, 400}}, ""))
		s.HumanSays("s", "arrives")
		require.NoError(t, s.Idle(t.Context()))
		require.Empty(t, s.Undelivered())

		remove := s.Inject(mockserver.Fault{Kind: mockserver.Lose, Times: 1})
		s.HumanSays("s", "lost")
		remove()
		require.Empty(t, s.Undelivered())

		s.HumanSays("s", "fails")
		synctest.Wait()
		waiting := s.Undelivered()
		require.Len(t, waiting, 1)
		require.Equal(t, 503, waiting[0].Status)
		require.Equal(t, 1, waiting[0].Attempt)
		require.Contains(t, string(waiting[0].Body), "fails")
		require.NoError(t, s.Idle(t.Context()))
		require.Empty(t, s.Undelivered(), "given up after four attempts")

		s.HumanSays("s", "refused")
		require.NoError(t, s.Idle(t.Context()))
		require.Empty(t, s.Undelivered(), "a 400 settles it")

		letGo := s.Inject(mockserver.Fault{Kind: mockserver.Hold})
		s.HumanSays("s", "held")
		require.NoError(t, s.Idle(t.Context()))
		waiting = s.Undelivered()
		require.Len(t, waiting, 1)
		require.Equal(t, 0, waiting[0].Attempt)
		require.Equal(t, agentmsg.SessionID("s"), waiting[0].Session)
		require.Equal(t, "http://app.test/webhook", waiting[0].URL)
		letGo()
		require.NoError(t, s.Idle(t.Context()))
		require.Empty(t, s.Undelivered())
	})
}

// Close cuts off a delivery and an answer: both are known.
func TestUndeliveredAfterClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		s := mockserver.Start(t, mockserver.WithAIDelay(time.Hour), mockserver.WithWebhookHandler(slow, ""))
		s.HumanSays("s", "one")
		s.AISays("s", "two")
		s.CustomerSays("asks", "three")
		synctest.Wait()
		require.Equal(t, []agentmsg.SessionID{"asks"}, s.Unanswered())
		s.Close()
		var cut []string
		for _, d := range s.Undelivered() {
			cut = append(cut, d.ID)
		}
		require.Equal(t, []string{"evt_000001", "evt_000002"}, cut)
	})
}

// The last attempt fails because Close ends it: that gives nothing up.
func TestUndeliveredLastAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		s := mockserver.Start(t, mockserver.WithWebhookHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if attempts++; attempts == 4 {
				<-r.Context().Done()
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		}), ""))
		s.HumanSays("s", "one")
		time.Sleep(8 * time.Second)
		s.Close()
		cut := s.Undelivered()
		require.Len(t, cut, 1)
		require.Equal(t, 4, cut[0].Attempt)
	})
}

// A redelivery that fails is not tried again, and given up.
func TestUndeliveredRedelivery(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithWebhookHandler(&inbox{status: []int{200, 500}}, ""))
	id := s.Emit([]byte(`{}`))
	require.NoError(t, s.Idle(t.Context()))
	require.NoError(t, s.Redeliver(id))
	require.NoError(t, s.Idle(t.Context()))
	require.Len(t, s.Deliveries(), 2)
	require.Empty(t, s.Undelivered())
}

// Faults have ids; what hits nothing is an error, of New's servers too.
func TestFaultsListed(t *testing.T) {
	t.Parallel()
	s, err := mockserver.New(mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Refuse, Status: 500, Times: 1}))
	require.NoError(t, err)
	defer s.Close()
	_, err = s.AddFault(mockserver.Fault{Kind: mockserver.Delay})
	require.EqualError(t, err, "mockserver: the fault delays by nothing: give it a Delay")
	id, err := s.AddFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.Refuse, Skip: 1})
	require.NoError(t, err)
	post(t, s, "/messages", message(), 500)
	post(t, s, "/messages", message(), 202)
	all := s.Faults()
	require.Len(t, all, 2)
	require.Equal(t, []int{1, 1}, []int{all[0].Seen, all[0].Hit})
	require.Equal(t, []int{1, 0}, []int{all[1].Seen, all[1].Hit})
	require.Equal(t, id, all[1].ID)
	require.True(t, s.RemoveFault(id))
	require.False(t, s.RemoveFault(id))
	require.True(t, s.RemoveFault(all[0].ID))
	require.Empty(t, s.Faults())
	post(t, s, "/messages", message(), 202)
}

// Who follows the journal gets each record once, as far as it is kept.
func TestSince(t *testing.T) {
	t.Parallel()
	s, err := mockserver.New(mockserver.WithJournal(3), mockserver.WithWebhookHandler(&inbox{}, ""), mockserver.WithAI(nil))
	require.NoError(t, err)
	defer s.Close()
	for range 2 {
		post(t, s, "/messages", message(), 202)
	}
	s.HumanSays("s1", "hi")
	require.NoError(t, s.Idle(t.Context()))
	found, n := s.RequestsSince(0)
	require.Len(t, found, 2)
	require.Equal(t, 2, n)
	post(t, s, "/messages", message(), 202)
	found, n = s.RequestsSince(n)
	require.Len(t, found, 1)
	require.Equal(t, 3, n)
	for range 5 {
		post(t, s, "/messages", message(), 202)
	}
	found, n = s.RequestsSince(n)
	require.Len(t, found, 3, "two were let go")
	require.Equal(t, 8, n)
	found, n = s.RequestsSince(100)
	require.Empty(t, found)
	require.Equal(t, 8, n)
	sent, n := s.DeliveriesSince(-1)
	require.Len(t, sent, 1)
	require.Equal(t, 1, n)
}

// The log has a line for each record, and no secret.
func TestLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "took" {
			return slog.Attr{}
		}
		return a
	}}))
	w := worlds(t, 1, mockserver.WithLogger(l), mockserver.WithAI(nil), mockserver.WithWebhookHandler(&inbox{status: []int{200, 404}}, ""),
		mockserver.WithFault(mockserver.Fault{Kind: mockserver.Refuse, Times: 1}))
	for range 2 {
		say(w, "test_a")
	}
	s := w.World("test_a")
	s.HumanSays("s1", "hi")
	s.HumanSays("s1", "hi")
	require.NoError(t, s.Idle(t.Context()))
	status, _ := askAny(w, http.MethodGet, "/nowhere?token=test_a", "", "Authorization", "Bearer test_a")
	require.Equal(t, 501, status)
	require.Equal(t, strings.ReplaceAll(`level=INFO msg=request op=Messages.Send method=POST path=/messages status=503 session=s1 fault=Any/Refuse503 world=W
level=INFO msg=request op=Messages.Send method=POST path=/messages status=202 session=s1 world=W
level=INFO msg=delivery id=evt_000001 event=message attempt=1 status=200 session=s1 world=W
level=WARN msg=delivery id=evt_000002 event=message attempt=1 status=404 session=s1 err="" world=W
level=INFO msg=request op=none method=GET path=/nowhere status=501 world=W
`, "world=W", "world=6d557526735a0516"), out.String())
}
