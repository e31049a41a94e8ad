package mockserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// The AI's answer arrives signed over exactly the bytes that JSON.stringify
// writes.
func TestDeliveryOnTheWire(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""), mockserver.WithAI(func(context.Context, mockserver.Turn) []string {
		return []string{"<b>a & b</b> \u2028\u2029 \\u003c \x01 👍"}
	}))
	require.NoError(t, send(t.Context(), s.Client(), "s1", "hi"))
	require.NoError(t, s.Idle(t.Context()))
	require.Len(t, box.bodies, 1)
	want := `{"channelId":"channel-api","channelIdentifier":"support","agentId":"agent-default","sessionId":"s1",` +
		`"messageId":"00000000-0000-4000-8000-000000000002","response":"<b>a & b</b> ` + "\u2028\u2029" + ` \\u003c \u0001 👍","timestamp":"NOW"}`
	require.Equal(t, want, timeless(box.bodies[0]))
	d := s.Deliveries()[0]
	require.Equal(t, box.bodies[0], string(d.Body))
	require.Equal(t, "http://app.test/webhook", d.URL)
	require.Equal(t, mockserver.Sign("", d.Body), d.Header.Get(agentmsg.SignatureHeader))
	require.Equal(t, "application/json", d.Header.Get("Content-Type"))
	require.NotEmpty(t, d.Header.Get("X-Maia-Timestamp"))
	require.Equal(t, agentmsg.EventMessage, d.Event)
	require.EqualValues(t, "s1", d.Session)
	require.Equal(t, 1, d.Attempt)
	require.Equal(t, 200, d.Status)
	require.Empty(t, d.Err)
}

func TestDeliveryToURL(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	app := httptest.NewServer(box)
	defer app.Close()
	s := mockserver.Start(t, mockserver.WithWebhook(app.URL+"/hook", ""))
	s.HumanSays("s", "by URL")
	require.NoError(t, s.Idle(t.Context()))
	require.Equal(t, []string{"outgoing:by URL"}, box.said())
	require.Equal(t, app.URL+"/hook", s.Deliveries()[0].URL)
}

// A forwarding channel sends the customer's words too, and a direction with
// each message.
func TestForwarding(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""), mockserver.WithChannel(mockserver.Channel{
		ID: "c", Identifier: "support", Type: agentmsg.ChannelTypeWhatsAppQR, ForwardIncoming: true,
	}))
	p := agentmsg.SendMessageParams{Channel: agentmsg.WhatsAppQR("support"), SessionID: "s", Content: "one", ExternalUserID: "u"}
	_, err := s.Client().Messages.Send(t.Context(), p)
	require.NoError(t, err)
	require.NoError(t, s.Idle(t.Context()))
	_, err = s.Client().Messages.Echo(t.Context(), agentmsg.EchoParams{Channel: p.Channel, SessionID: "s", Content: "stored", ExternalUserID: "u"})
	require.NoError(t, err)
	s.OwnerSays("s", "two")
	s.CustomerSays("s", "three")
	require.NoError(t, s.Idle(t.Context()))
	require.Equal(t, []string{"incoming:one", "outgoing:You said: one", "echo:two", "incoming:three", "outgoing:You said: three"}, box.said())
	for _, e := range box.seen() {
		m := e.(*agentmsg.MessageEvent)
		require.Equal(t, m.Direction != agentmsg.DirectionOutgoing, m.ExternalUserID == "u", "%v", m.Direction)
	}
}

func TestPauseEvents(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""), mockserver.WithSession(mockserver.Session{ID: "s"}))
	for _, call := range []func(context.Context, agentmsg.SessionID, ...agentmsg.CallOption) (*agentmsg.AIPause, error){
		s.Client().Sessions.PauseAI, s.Client().Sessions.PauseAI, s.Client().Sessions.ResumeAI,
	} {
		_, err := call(t.Context(), "s")
		require.NoError(t, err)
	}
	require.NoError(t, s.Idle(t.Context()))
	require.Equal(t, []string{`{"eventType":"ai_pause","sessionId":"s","aiPaused":true}`, `{"eventType":"ai_pause","sessionId":"s","aiPaused":false}`}, box.bodies)
}

// What came while the AI was paused is stored and stays unanswered.
func TestPausedAIStaysSilent(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithSession(mockserver.Session{ID: "s", AIPaused: true}))
	require.NoError(t, send(t.Context(), s.Client(), "s", "one"))
	require.NoError(t, s.Idle(t.Context()))
	_, err := s.Client().Sessions.ResumeAI(t.Context(), "s")
	require.NoError(t, err)
	require.NoError(t, s.Idle(t.Context()))
	s.CustomerSays("s", "two")
	require.NoError(t, s.Idle(t.Context()))
	x, _ := s.Session("s")
	require.Equal(t, "customer: one\ncustomer: two\nai: You said: two\n", x.String())
}

// A pause drops what is being thought out, also when it has ended meanwhile.
func TestPauseWhileThinking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithAIDelay(time.Minute))
		client := s.Client()
		require.NoError(t, send(t.Context(), client, "s", "one"))
		_, err := client.Sessions.PauseAI(t.Context(), "s")
		require.NoError(t, err)
		_, err = client.Sessions.ResumeAI(t.Context(), "s")
		require.NoError(t, err)
		require.NoError(t, send(t.Context(), client, "s", "two"))
		began := time.Now()
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, 2*time.Minute, time.Since(began), "one turn after another")
		x, _ := s.Session("s")
		require.Equal(t, "customer: one\ncustomer: two\nai: You said: two\n", x.String())
	})
}

// The vendor's schedule: at once, then 1, 2 and 4 s after the end of the
// attempt before, on 5xx, 429, time-outs and failed connections only.
func TestRetrySchedule(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		status []int
		at     []time.Duration
	}{
		{[]int{200}, seconds(0)},
		{[]int{204}, seconds(0)},
		{[]int{500, 429, 503, 200}, seconds(0, 1, 3, 7)},
		{[]int{500, 500, 500, 500, 500}, seconds(0, 1, 3, 7)},
		{[]int{404}, seconds(0)},
		{[]int{302}, seconds(0)},
		{[]int{408}, seconds(0)},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			s := mockserver.Start(t, mockserver.WithWebhookHandler(&inbox{status: row.status}, ""))
			s.HumanSays("s", "hi")
			require.NoError(t, s.Idle(t.Context()))
			var at []time.Duration
			for i, d := range s.Deliveries() {
				at = append(at, d.At.Sub(began))
				require.Equal(t, i+1, d.Attempt)
				require.Equal(t, "evt_000001", d.ID)
				require.Equal(t, s.Deliveries()[0].Body, d.Body, "the same bytes")
			}
			require.Equal(t, row.at, at, "%v", row.status)
		})
	}
}

func seconds(n ...int) []time.Duration {
	var all []time.Duration
	for _, s := range n {
		all = append(all, time.Duration(s)*time.Second)
	}
	return all
}

// A receiver that does not answer has 10 s; neither it nor a redirect nor a
// refused connection stops the others.
func TestSlowReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if calls.Add(1) == 1 {
				<-r.Context().Done()
			}
		})
		s := mockserver.Start(t, mockserver.WithWebhookHandler(slow, ""))
		began := time.Now()
		s.HumanSays("s", "one")
		require.Zero(t, time.Since(began), "nobody waits for the receiver")
		require.NoError(t, s.Idle(t.Context()))
		all := s.Deliveries()
		require.Len(t, all, 2)
		require.Equal(t, "no answer within 10 s", all[0].Err)
		require.Zero(t, all[0].Status)
		require.Equal(t, 10*time.Second, all[0].Took)
		require.Equal(t, 11*time.Second, all[1].At.Sub(began))
	})
}

func TestReceiverThatIsDown(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithWebhook("http://127.0.0.1:1/hook?token=x", ""))
	s.HumanSays("s", "hi")
	require.NoError(t, s.WaitDeliveries(t.Context(), 1))
	d := s.Deliveries()[0]
	require.Contains(t, d.Err, "refused")
	require.NotContains(t, d.Err, "token")
}

// First attempts of one session go one after another, and a retry holds up
// none of them.
func TestOrderOfASession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &inbox{status: []int{500}}
		s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""))
		for i := range 20 {
			s.HumanSays("s", fmt.Sprint(i))
		}
		require.NoError(t, s.Idle(t.Context()))
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprint("outgoing:", i))
		}
		require.Equal(t, append(want, "outgoing:0"), box.said())
	})
}

// A channel's own receiver comes before the server's; account events go to
// the server's.
func TestChannelsOwnReceiver(t *testing.T) {
	t.Parallel()
	var own, account inbox
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := agentmsg.ReadWebhook(r, "own-secret"); err == nil {
			own.mu.Lock()
			defer own.mu.Unlock()
			own.bodies = append(own.bodies, "ok")
		}
	}))
	defer other.Close()
	app := httptest.NewServer(&account)
	defer app.Close()
	s := mockserver.Start(t, mockserver.WithWebhook(app.URL, ""), mockserver.WithChannel(mockserver.Channel{
		ID: "c", Identifier: "support", WebhookURL: other.URL, WebhookSecret: "own-secret",
	}))
	s.HumanSays("s", "hi")
	_, err := s.Client().Sessions.PauseAI(t.Context(), "s")
	require.NoError(t, err)
	require.NoError(t, s.Idle(t.Context()))
	require.Equal(t, []string{"ok"}, own.bodies)
	require.Len(t, account.bodies, 1)
}

// A channel may share the server's receiver and have a secret of its own.
func TestChannelsOwnSecret(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	s := mockserver.Start(t, mockserver.WithWebhookHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := agentmsg.ReadWebhook(r, "own-secret")
		read <- err
	}), ""), mockserver.WithChannel(mockserver.Channel{ID: "c", Identifier: "support", WebhookSecret: "own-secret"}))
	s.HumanSays("s", "hi")
	require.NoError(t, <-read)
}

func TestReceiverSetLater(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t)
	s.HumanSays("s", "to nobody")
	s.SetWebhookHandler(box, "")
	s.HumanSays("s", "to the handler")
	require.NoError(t, s.Idle(t.Context()))
	require.Equal(t, []string{"outgoing:to the handler"}, box.said())
	require.Len(t, s.Deliveries(), 1)

	require.ErrorContains(t, s.SetWebhook("app.test/webhook", ""), "absolute http")
	require.NoError(t, s.SetWebhook("http://127.0.0.1:1/", ""))
	s.HumanSays("s", "to the URL")
	require.NoError(t, s.WaitDeliveries(t.Context(), 2))
	require.Len(t, box.said(), 1)

	tb := new(fakeTB)
	tb.run(func() { mockserver.Start(tb).SetWebhookHandler(nil, ""); t.Error("goes on") })
	require.True(t, tb.failed)
}
