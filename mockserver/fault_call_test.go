package mockserver_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

var quickRetry = agentmsg.WithRetry(agentmsg.RetryPolicy{MinBackoff: time.Millisecond, MaxBackoff: 2 * time.Millisecond, Budget: -1})

// overURL is a client on a socket that does not wait long between attempts.
func overURL(t *testing.T, s *mockserver.Server) *agentmsg.Client {
	t.Helper()
	client, err := agentmsg.NewClient(
		agentmsg.WithMAIA(mockserver.DefaultMAIAToken), agentmsg.WithBaseURL(agentmsg.MAIA, s.URL()),
		agentmsg.WithBluBash(mockserver.DefaultBluBashKey), agentmsg.WithBaseURL(agentmsg.BluBash, s.URL()),
		quickRetry)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// callFaults are what each kind does to a message, which is never sent twice
// in doubt, and to a pause, which is.
var callFaults = []struct {
	kind    mockserver.FaultKind
	status  int // the journal's
	outcome agentmsg.Outcome
	stored  int
	client  int // status that the sender sees in its error
	pauses  []int
}{
	{mockserver.Refuse, 503, agentmsg.OutcomeUnknown, 0, 503, []int{503, 200}},
	{mockserver.RefuseAfterAccept, 503, agentmsg.OutcomeUnknown, 1, 503, []int{503, 200}},
	{mockserver.Delay, 202, agentmsg.OutcomeNone, 1, 0, []int{200}},
	{mockserver.DropBefore, 0, agentmsg.OutcomeUnknown, 0, 0, []int{0, 200}},
	{mockserver.DropAfterAccept, 0, agentmsg.OutcomeUnknown, 1, 0, []int{0, 200}},
	{mockserver.ResetMidBody, 202, agentmsg.OutcomeAccepted, 1, 202, []int{200, 200}},
	{mockserver.Truncate, 202, agentmsg.OutcomeAccepted, 1, 202, []int{200, 200}},
	{mockserver.WrongLength, 202, agentmsg.OutcomeAccepted, 1, 202, []int{200, 200}},
	{mockserver.Garble, 202, agentmsg.OutcomeAccepted, 1, 202, []int{200}},
	{mockserver.SlowBody, 202, agentmsg.OutcomeNone, 1, 0, []int{200}},
}

// Each kind over both ways to the server: what the server did, and what the
// client says of it.
func TestCallFaults(t *testing.T) {
	t.Parallel()
	for _, row := range callFaults {
		for _, way := range []string{"Transport", "URL"} {
			t.Run(row.kind.String()+"/"+way, func(t *testing.T) {
				t.Parallel()
				f := mockserver.Fault{Kind: row.kind, Times: 1}
				if row.kind == mockserver.Delay || row.kind == mockserver.SlowBody {
					f.Delay = 100 * time.Microsecond
				}
				s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithSession(mockserver.Session{ID: "p"}))
				client := s.Client(quickRetry)
				if way == "URL" {
					client = overURL(t, s)
				}
				s.Inject(f)
				err := send(t.Context(), client, "s", "hi")
				require.Equal(t, row.outcome, agentmsg.OutcomeOf(err), "%v", err)
				require.Equal(t, row.client, statusOf(err))
				x, _ := s.Session("s")
				require.Len(t, x.Messages, row.stored)
				all := s.Requests()
				require.Len(t, all, 1, "an unsafe call in doubt is made once")
				require.Equal(t, row.status, all[0].Status)
				require.Equal(t, &f, all[0].Fault)
				if way == "URL" && (row.kind == mockserver.DropBefore || row.kind == mockserver.DropAfterAccept || row.kind == mockserver.ResetMidBody) {
					require.ErrorIs(t, err, syscall.ECONNRESET)
				}

				s.Inject(f)
				_, err = client.Sessions.PauseAI(t.Context(), "p")
				require.Equal(t, row.kind == mockserver.Garble, err != nil, "%v", err)
				var statuses []int
				for _, r := range s.Requests(agentmsg.OpPauseAI) {
					statuses = append(statuses, r.Status)
				}
				require.Equal(t, row.pauses, statuses)
			})
		}
	}
}

// statusOf is the status in an error of the client; 0: there is none.
func statusOf(err error) int {
	if e, ok := errors.AsType[*agentmsg.APIError](err); ok {
		return e.Status
	}
	if e, ok := errors.AsType[*agentmsg.DecodeError](err); ok {
		return e.Status
	}
	if e, ok := errors.AsType[*agentmsg.TransportError](err); ok {
		return e.Status
	}
	return 0
}

// What leaves of an answer is what the journal has.
func TestSpoiltAnswers(t *testing.T) {
	t.Parallel()
	const whole = `{"sessionId":"s1","aiPaused":true,"message":"AI responses paused for this session"}`
	for kind, want := range map[mockserver.FaultKind]struct {
		length int64
		body   string
		fails  bool
	}{
		mockserver.Delay:        {int64(len(whole)), whole, false},
		mockserver.SlowBody:     {int64(len(whole)), whole, false},
		mockserver.ResetMidBody: {int64(len(whole)), whole[:len(whole)/2], true},
		mockserver.Truncate:     {int64(len(whole) / 2), whole[:len(whole)/2], false},
		mockserver.WrongLength:  {int64(len(whole) + 1), whole, true},
		mockserver.Garble:       {5, "<html", false},
	} {
		s := mockserver.Start(t, mockserver.WithSession(mockserver.Session{ID: "s1"}),
			mockserver.WithFault(mockserver.Fault{Kind: kind, Delay: time.Microsecond, Body: "<html"}))
		answer := pauseOverTransport(t, s)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, want.fails, err != nil, "%v: %v", kind, err)
		require.Equal(t, want.length, answer.ContentLength, kind)
		require.Equal(t, want.body, string(body), kind)
		require.Equal(t, want.body, string(s.Requests()[0].Response), kind)
	}
}

func pauseOverTransport(t *testing.T, s *mockserver.Server) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://mock.test/sessions/s1/ai-paused", strings.NewReader(`{"aiPaused":true}`))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+mockserver.DefaultMAIAToken)
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.Transport().RoundTrip(r)
	require.NoError(t, err)
	return answer
}

// A refusal is written as the API writes one, unless its body was given.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const says = "Refused by a fault of the mock server"
	s := mockserver.Start(t, mockserver.WithRoute("GET /extra", http.NotFoundHandler()),
		mockserver.WithFault(mockserver.Fault{Status: 500, Times: 3}),
		mockserver.WithFault(mockserver.Fault{Status: 429, RetryAfter: "7", Body: `{"error":"slow"}`, Times: 1}),
		mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpDo, Body: "<html>", Times: 1}),
		mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSendConversationMessage, Kind: mockserver.RefuseAfterAccept, Status: 500}))
	require.JSONEq(t, `{"error":"Internal Server Error","message":"`+says+`"}`, post(t, s, "/messages", message(), 500))
	require.JSONEq(t, `{"error":"Internal Server Error","message":"`+says+`"}`, post(t, s, contacts, contactBody, 500))
	require.JSONEq(t, `{"status":"error","message":"`+says+`","data":null}`, post(t, s, conversation, `{"sender_id":"u","sender_type":"user","text":"hi"}`, 500))
	require.Empty(t, s.Sessions())
	require.JSONEq(t, `{"error":"slow"}`, post(t, s, "/messages", message(), 429))
	require.Equal(t, 503, statusAt(s, "/extra"))
	require.Equal(t, "<html>", string(s.Requests(agentmsg.OpDo)[0].Response))

	// That envelope would prove that nothing happened, and something did.
	_, err := s.Client().Conversations.Send(t.Context(), agentmsg.ConversationMessageParams{SenderID: "u", SenderType: "user", Text: "hi"})
	require.Equal(t, agentmsg.OutcomeUnknown, agentmsg.OutcomeOf(err), "%v", err)
	require.Len(t, s.Sessions(), 1)
}

// The wait that a refusal asks for reaches the client.
func TestRefusalWithRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Status: 429, RetryAfter: "7", Times: 2}))
		began := time.Now()
		require.NoError(t, send(t.Context(), s.Client(), "s", "hi"))
		require.GreaterOrEqual(t, time.Since(began), 14*time.Second)
		x, _ := s.Session("s")
		require.Len(t, x.Messages, 1)
	})
}

// The storage's refusals are XML, and an upload that was refused or lost is
// sent again.
func TestFaultsOfTheStorage(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	client := s.Client(quickRetry)
	for _, kind := range []mockserver.FaultKind{mockserver.Refuse, mockserver.RefuseAfterAccept, mockserver.DropBefore, mockserver.DropAfterAccept, mockserver.WrongLength} {
		s.Inject(mockserver.Fault{Op: agentmsg.OpPut, Kind: kind, Times: 1})
		s.Inject(mockserver.Fault{Op: agentmsg.OpDownload, Kind: kind, Times: 1})
		before := len(s.Requests(agentmsg.OpPut))
		file, err := client.Attachments.Upload(t.Context(), agentmsg.FileFromBytes("a.png", []byte(png)))
		require.NoError(t, err, kind)
		puts := s.Requests(agentmsg.OpPut)[before:]
		require.Len(t, puts, 2, kind)
		require.Equal(t, kind, puts[0].Fault.Kind)
		if kind == mockserver.Refuse || kind == mockserver.RefuseAfterAccept {
			require.Contains(t, string(puts[0].Response), "<Code>SlowDown</Code>")
		}
		var got bytes.Buffer
		_, err = client.Attachments.Download(t.Context(), file.FileKey, &got)
		require.Equal(t, kind == mockserver.WrongLength, err != nil, "%v: %v: what a writer has it keeps", kind, err)
		require.Equal(t, png, got.String())
	}
}

// Behind another server, of HTTP/2 or with TLS, a connection dies too; where
// there is none the handler is aborted as net/http has it.
func TestDropsBehindAnotherServer(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{true, false} {
		s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.DropAfterAccept, Skip: 1, Times: 1}),
			mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.ResetMidBody, Skip: 1}))
		outer := httptest.NewUnstartedServer(s)
		outer.EnableHTTP2 = http2
		outer.StartTLS()
		defer outer.Close()
		client := s.Client(agentmsg.WithBaseURL(agentmsg.MAIA, outer.URL), agentmsg.WithHTTPClient(outer.Client()))
		require.NoError(t, send(t.Context(), client, "s", "hi"))
		require.Equal(t, agentmsg.OutcomeUnknown, agentmsg.OutcomeOf(send(t.Context(), client, "s", "hi")))
		require.GreaterOrEqual(t, agentmsg.OutcomeOf(send(t.Context(), client, "s", "hi")), agentmsg.OutcomeUnknown)
		x, _ := s.Session("s")
		require.Len(t, x.Messages, 3)
		require.PanicsWithValue(t, http.ErrAbortHandler, func() { exchange(s, http.MethodPost, "/messages", message()) })
	}
}
