package mockserver_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// Any bytes arrive as they are, signed, one after another; the journal says
// what they are where that can be told.
func TestEmit(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""))
	rows := []struct {
		body    string
		event   agentmsg.EventType
		session agentmsg.SessionID
	}{
		{`{"eventType" : "note_created", "sessionId":"s"}`, "note_created", "s"},
		{`{"sessionId":"s2","messageId":"m","response":"hi"}`, agentmsg.EventMessage, "s2"},
		{"\xff{no JSON", "", ""}, {"", "", ""}, {"<html>&</html>", "", ""},
	}
	for i, row := range rows {
		body := []byte(row.body)
		require.Equal(t, fmt.Sprintf("evt_%06d", i+1), s.Emit(body))
		clear(body) // it is the caller's
	}
	require.NoError(t, s.Idle(t.Context()))
	all := s.Deliveries()
	require.Len(t, all, len(rows))
	for i, row := range rows {
		require.Equal(t, row.body, box.bodies[i])
		require.Equal(t, row.body, string(all[i].Body))
		require.Equal(t, []any{fmt.Sprintf("evt_%06d", i+1), row.event, row.session, 1, 200, "http://app.test/webhook"},
			[]any{all[i].ID, all[i].Event, all[i].Session, all[i].Attempt, all[i].Status, all[i].URL})
	}
	require.Empty(t, s.Sessions(), "it is only said")
}

// What names a session goes after the events that this still has to send; all
// others have a line of their own.
func TestEmitInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) })
		s := mockserver.Start(t, mockserver.WithWebhookHandler(slow, ""))
		s.HumanSays("s", "first")
		s.Emit([]byte(`{"eventType":"note_created","sessionId":"s"}`))
		s.HumanSays("s", "third")
		s.Emit([]byte(`{"eventType":"note_created","sessionId":"none"}`))
		s.Emit([]byte("{}"))
		require.NoError(t, s.Idle(t.Context()))
		at := map[string]time.Duration{}
		for _, d := range s.Deliveries() {
			at[d.ID] = d.At.Sub(began)
		}
		require.Equal(t, map[string]time.Duration{
			"evt_000001": 0, "evt_000002": time.Second, "evt_000003": 2 * time.Second, "evt_000004": 0, "evt_000005": time.Second,
		}, at)
	})
}

func TestEmitIsRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := mockserver.Start(t, mockserver.WithWebhookHandler(&inbox{status: []int{500, 429, 503}}, ""))
		s.Emit([]byte("{}"))
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, seconds(0, 1, 3, 7), deliveredAt(s, began))
	})
}

// The account's receiver is the server's, whatever a channel has; without one
// nothing is sent.
func TestEmitToTheAccount(t *testing.T) {
	t.Parallel()
	var own, account inbox
	other, app := httptest.NewServer(&own), httptest.NewServer(&account)
	defer other.Close()
	defer app.Close()
	s := mockserver.Start(t, mockserver.WithChannel(mockserver.Channel{ID: "c", Identifier: "c", WebhookURL: other.URL, WebhookSecret: "own"}))
	require.Empty(t, s.Emit([]byte("{}")))
	require.NoError(t, s.Idle(t.Context()))
	require.Empty(t, s.Deliveries())
	require.NoError(t, s.SetWebhook(app.URL, ""))
	require.Equal(t, "evt_000001", s.Emit([]byte("{}")))
	require.NoError(t, s.Idle(t.Context()))
	require.Equal(t, []string{"{}"}, account.bodies)
	require.Empty(t, own.bodies)
	s.Close()
	require.Empty(t, s.Emit([]byte("{}")))
	require.ErrorContains(t, s.Redeliver("evt_000001"), "the server was closed")
}

// A lost event comes once more, with the same bytes, and is not retried.
func TestRedeliver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &inbox{status: []int{500, 500, 500, 500, 500}}
		s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""))
		s.HumanSays("s", "<hi>")
		require.NoError(t, s.Idle(t.Context()))
		lost := s.Deliveries()
		require.Len(t, lost, 4)
		for range 2 {
			require.NoError(t, s.Redeliver(lost[0].ID))
			require.NoError(t, s.Idle(t.Context()))
		}
		all := s.Deliveries()
		require.Len(t, all, 6)
		for i, status := range []int{500, 500, 500, 500, 500, 200} {
			d := all[i]
			require.Equal(t, []any{lost[0].ID, i + 1, status, agentmsg.EventMessage, agentmsg.SessionID("s")}, []any{d.ID, d.Attempt, d.Status, d.Event, d.Session})
			require.Equal(t, lost[0].Body, d.Body)
			require.Equal(t, lost[0].URL, d.URL)
		}
		require.Len(t, box.seen(), 6)
		require.Equal(t, box.bodies[0], box.bodies[5])
		require.ErrorContains(t, s.Redeliver("evt_000009"), `no event has the ID "evt_000009"`)
		require.Error(t, s.Redeliver(""))
	})
}

// A redelivery goes after what is to be sent, and its attempts are counted with
// those of the retries.
func TestRedeliverMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithWebhookHandler(&inbox{status: []int{500, 500, 500, 500}}, ""))
		id := s.Emit([]byte("{}"))
		require.NoError(t, s.Redeliver(id), "before its first attempt has ended")
		time.Sleep(2 * time.Second)
		require.NoError(t, s.Redeliver(id), "between two retries")
		require.NoError(t, s.Idle(t.Context()))
		var attempts []int
		for _, d := range s.Deliveries() {
			attempts = append(attempts, d.Attempt)
		}
		require.Equal(t, []int{1, 2, 3, 4, 5}, attempts)
	})
}

// The secret of the channel is that of the redelivery.
func TestRedeliverSigned(t *testing.T) {
	t.Parallel()
	read := make(chan string, 2)
	s := mockserver.Start(t, mockserver.WithWebhookHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		read <- fmt.Sprint(agentmsg.VerifySignature(body, r.Header.Get(agentmsg.SignatureHeader), "own"))
	}), ""), shaped(mockserver.Channel{WebhookSecret: "own"}))
	s.HumanSays("s", "hi")
	require.Equal(t, "<nil>", <-read)
	require.NoError(t, s.Redeliver("evt_000001"))
	require.Equal(t, "<nil>", <-read)
}

// Events are kept for redelivery as long as the journal would.
func TestRedeliverOfWhatIsGone(t *testing.T) {
	t.Parallel()
	s, err := mockserver.New(mockserver.WithJournal(2), mockserver.WithWebhookHandler(new(inbox), ""))
	require.NoError(t, err)
	defer s.Close()
	for range 3 {
		s.Emit([]byte("{}"))
	}
	require.NoError(t, s.Idle(t.Context()))
	require.ErrorContains(t, s.Redeliver("evt_000001"), "one of the 1 that the journal let go")
	require.NoError(t, s.Redeliver("evt_000002"))
	require.NoError(t, s.Idle(t.Context()))
}

// Their bodies have a bound of their own.
func TestRedeliverOfBigOnes(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithWebhook("http://127.0.0.1:1/", ""))
	big := make([]byte, 33<<20)
	first, second := s.Emit(big), s.Emit(big)
	require.ErrorContains(t, s.Redeliver(first), "let go")
	require.NoError(t, s.Redeliver(second))
}
