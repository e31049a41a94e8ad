package mockserver_test

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func send(ctx context.Context, c *agentmsg.Client, session agentmsg.SessionID, text string, opts ...agentmsg.CallOption) error {
	_, err := c.Messages.Send(ctx, agentmsg.SendMessageParams{
		Channel: agentmsg.APIChannel(mockserver.DefaultChannelIdentifier), SessionID: session, Content: text,
	}, opts...)
	return err
}

// Every operation of the table has a handler here: the journal names it.
func TestEachOpIsServed(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	for _, op := range wire.Ops() {
		args := make([]string, strings.Count(op.Route().Template(), "{"))
		for i := range args {
			args[i] = "x"
		}
		path := cmp.Or(op.Route().Path(args...), "/storage/x")
		body := map[wire.Op]string{wire.Echo: `{"isEcho":true}`, wire.AddNote: `{"isNote":true}`, wire.ResumeAI: `{"aiPaused":false}`}[op]
		if op.API() == wire.Conversations {
			path = "/v1" + path
		}
		if op.Route().Method() != http.MethodGet {
			body = cmp.Or(body, `{}`)
		}
		status, answer := exchange(s, op.Route().Method(), path, body)
		require.Less(t, status, 500, "%s: %s", op.Name(), answer)
		require.Len(t, s.Requests(agentmsg.Op(op.Name())), 1, "%s %s: %s", op.Name(), path, answer)
	}
}

func TestUnknownRouteFailsTheTest(t *testing.T) {
	t.Parallel()
	for _, route := range []string{
		"GET /messages", "POST /nothing", "POST /messages/", "POST //messages", "DELETE /sessions/s/ai-paused", "POST /api/v1/channels//messages",
		"GET /", "HEAD /kanbans", "GET /storage/", "GET /messages/upload",
	} {
		tb := new(fakeTB)
		tb.run(func() {
			method, path, _ := strings.Cut(route, " ")
			status, answer := exchange(mockserver.Start(tb), method, path, `{}`)
			require.Equal(t, http.StatusNotImplemented, status)
			require.Contains(t, answer, route)
		})
		require.False(t, tb.failed, "never at once")
		require.Len(t, tb.errors, 1)
		require.Contains(t, tb.errors[0], route)
	}
}

func TestBadOptionFailsTheTestAtOnce(t *testing.T) {
	t.Parallel()
	tb := new(fakeTB)
	tb.run(func() { mockserver.Start(tb, mockserver.WithAIDelay(-1)); t.Error("goes on") })
	require.True(t, tb.failed)
	require.Equal(t, []string{"mockserver: WithAIDelay is negative"}, tb.errors)
}

func TestURLListensOnce(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	base := s.URL()
	require.Equal(t, base, s.URL())
	require.Regexp(t, `^http://127\.0\.0\.1:\d+$`, base)
	client, err := agentmsg.NewClient(agentmsg.WithMAIA(mockserver.DefaultMAIAToken), agentmsg.WithBaseURL(agentmsg.MAIA, base))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	require.NoError(t, send(t.Context(), client, "s", "hi"))
}

func TestURLOfNewPanicsWithoutTheOption(t *testing.T) {
	t.Parallel()
	s, err := mockserver.New()
	require.NoError(t, err)
	defer s.Close()
	require.PanicsWithValue(t, "mockserver: URL: this server is mounted by its program, which alone knows where: give New a WithURL", func() {
		_ = s.URL()
	})
}

func TestURLOfNewIsTheOption(t *testing.T) {
	t.Parallel()
	s, err := mockserver.New(mockserver.WithURL("https://mock.example.com/base/"))
	require.NoError(t, err)
	defer s.Close()
	require.Equal(t, "https://mock.example.com/base", s.URL())
}

// Mounted in another server, and asked by a client that knows only its address.
func TestMounted(t *testing.T) {
	t.Parallel()
	s, err := mockserver.New(mockserver.WithAI(nil))
	require.NoError(t, err)
	defer s.Close()
	mux := http.NewServeMux()
	mux.Handle("/fake/", http.StripPrefix("/fake", s))
	outer := httptest.NewServer(mux)
	defer outer.Close()
	client, err := agentmsg.NewClient(agentmsg.WithMAIA(mockserver.DefaultMAIAToken), agentmsg.WithBaseURL(agentmsg.MAIA, outer.URL+"/fake"))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	require.NoError(t, send(t.Context(), client, "s", "hi"))
	session, ok := s.Session("s")
	require.True(t, ok)
	require.Equal(t, "customer: hi\n", session.String())
}

func TestTransportTakesAnyHostAndHTTPS(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	require.Same(t, s.Transport(), s.Transport())
	client := s.Client(agentmsg.WithBaseURL(agentmsg.MAIA, "https://api.maiacompany.io"))
	require.NoError(t, send(t.Context(), client, "s", "hi"))
}

func TestClientOptionsWin(t *testing.T) {
	t.Parallel()
	err := send(t.Context(), mockserver.Start(t).Client(agentmsg.WithMAIA("another-token")), "s", "hi")
	require.ErrorIs(t, err, agentmsg.ErrUnauthorized)

	tb := new(fakeTB)
	tb.run(func() { mockserver.Start(tb).Client(agentmsg.WithMAIA("")); t.Error("goes on") })
	require.True(t, tb.failed)

	s, err := mockserver.New()
	require.NoError(t, err)
	defer s.Close()
	require.Panics(t, func() { s.Client(nil) })
}

// Close ends an AI that thinks for an hour, a retry that is due, and a client
// that has sent half a request; then everything says so.
func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := mockserver.New(mockserver.WithAIDelay(time.Hour),
			mockserver.WithWebhookHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }), ""))
		require.NoError(t, err)
		client := s.Client()
		require.NoError(t, send(t.Context(), client, "s", "hi"))
		s.AISays("s", "unasked")
		require.NoError(t, s.WaitDeliveries(t.Context(), 1))
		asked := make(chan error)
		go func() {
			_, err := client.Contacts.Send(t.Context(), mockserver.DefaultBluBashChannelID, agentmsg.ContactMessageParams{
				ContactContent: agentmsg.ContactText("hi"), ContactIdentifier: "c",
			}, agentmsg.WithMaxAttempts(1))
			asked <- err
		}()
		synctest.Wait()
		began := time.Now()
		s.Close()
		s.Close()
		require.Less(t, time.Since(began), time.Second)
		require.Equal(t, agentmsg.OutcomeUnknown, agentmsg.OutcomeOf(<-asked))
		require.Zero(t, s.Requests(agentmsg.OpSendContactMessage)[0].Status)
		require.Equal(t, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(send(t.Context(), client, "s", "late")))
		require.Empty(t, s.CustomerSays("s", "late"))
		status, _ := exchange(s, http.MethodPost, "/messages", message())
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.ErrorContains(t, s.WaitDeliveries(t.Context(), 9), "the server was closed")
		require.NoError(t, s.Idle(t.Context()))
		session, _ := s.Session("s")
		require.Equal(t, "customer: hi\nai: unasked\n", session.String(), "the state stays")
	})
}

func TestCloseEndsAHalfOpenRequest(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	require.NoError(t, err)
	_, err = io.WriteString(c, "POST /messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	require.NoError(t, err)
	s.Close() // hangs if it waits for the rest
	require.NoError(t, c.Close())
}

// In a server that is not ours no connection is ours to close.
func TestCloseEndsAHalfOpenRequestInAnotherServer(t *testing.T) {
	t.Parallel()
	s, err := mockserver.New()
	require.NoError(t, err)
	entered := make(chan struct{})
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		s.ServeHTTP(w, r)
	}))
	defer outer.Close()
	c, err := net.Dial("tcp", outer.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(c, "POST /messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	require.NoError(t, err)
	<-entered
	s.Close() // hangs if it waits for the rest
	require.NoError(t, c.Close())
}

// After a test's end nothing is said to it, whatever still runs.
func TestNoWordAfterTheEnd(t *testing.T) {
	t.Parallel()
	tb := new(fakeTB)
	var s *mockserver.Server
	tb.run(func() { s = mockserver.Start(tb) })
	status, _ := exchange(s, http.MethodGet, "/nothing", "")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Empty(t, s.OwnerSays("none", "hi"))
	require.NotNil(t, s.Client())
	require.NotEmpty(t, s.URL())
	require.NoError(t, s.SetWebhook("http://127.0.0.1:1/", ""))
	require.Empty(t, tb.errors)
}
