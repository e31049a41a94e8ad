package mockserver_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func TestFaultNames(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]mockserver.Fault{
		"Any/Refuse503":                      {},
		"Messages.Send/Refuse429":            {Op: agentmsg.OpSend, Status: 429},
		"Messages.Send/RefuseAfterAccept":    {Op: agentmsg.OpSend, Kind: mockserver.RefuseAfterAccept},
		"Messages.Send/RefuseAfterAccept500": {Op: agentmsg.OpSend, Kind: mockserver.RefuseAfterAccept, Status: 500},
		"Messages.Send/DropAfterAccept":      {Op: agentmsg.OpSend, Kind: mockserver.DropAfterAccept},
		"Contacts.Send/SlowBody":             {Op: agentmsg.OpSendContactMessage, Kind: mockserver.SlowBody},
		"Webhook/Lose":                       {Kind: mockserver.Lose},
		"Webhook/Hold":                       {Op: agentmsg.OpSend, Kind: mockserver.Hold},
		"Webhook/Delay":                      {Op: mockserver.OpWebhook, Kind: mockserver.Delay},
		"Do/FaultKind(99)":                   {Op: agentmsg.OpDo, Kind: 99},
		"Sessions.PauseAI/FaultKind(-1)":     {Op: agentmsg.OpPauseAI, Kind: -1},
	} {
		require.Equal(t, want, f.String())
	}
	for kind := mockserver.Refuse; kind <= mockserver.Hold; kind++ {
		require.NotContains(t, kind.String(), "(")
	}
}

// A fault that can hit nothing, or do nothing, is a mistake: of an option, and
// at once.
func TestFaultThatCanHitNothing(t *testing.T) {
	t.Parallel()
	for says, f := range map[string]mockserver.Fault{
		"a Kind that there is not: FaultKind(15)":      {Kind: mockserver.Hold + 1},
		"a Kind that there is not: FaultKind(-1)":      {Kind: -1},
		"a negative number":                            {Skip: -1},
		"has a negative number":                        {Kind: mockserver.Delay, Delay: -1},
		"a Status that is no answer's: 101":            {Status: 101},
		"a Status that is no answer's: 1000":           {Kind: mockserver.RefuseAfterAccept, Status: 1000},
		"delays by nothing":                            {Kind: mockserver.Delay},
		`an Op that there is not: "Messages.List"`:     {Op: "Messages.List"},
		"of the deliveries Truncate hits none":         {Op: mockserver.OpWebhook, Kind: mockserver.Truncate},
		"of the deliveries Refuse hits none":           {Op: mockserver.OpWebhook},
		"a fault with an Event hits none of them":      {Kind: mockserver.DropBefore, Event: agentmsg.EventMessage},
		"there is no WithRoute":                        {Op: agentmsg.OpDo},
		"Kanbans.List has no session":                  {Op: agentmsg.OpListKanbans, Session: "s"},
		"Attachments.Put has no session":               {Op: agentmsg.OpPut, Session: "s"},
		"DropBefore hits calls, and a fault with an E": {Op: agentmsg.OpSend, Kind: mockserver.DropBefore, Event: agentmsg.EventAIPause},
	} {
		_, err := mockserver.New(mockserver.WithFault(f))
		require.ErrorContains(t, err, "mockserver: WithFault ", says)
		require.ErrorContains(t, err, says)

		s, err := mockserver.New()
		require.NoError(t, err)
		require.PanicsWithValue(t, "mockserver: Inject "+mistakeOf(f), func() { s.Inject(f) })
		s.Close()

		tb := new(fakeTB)
		tb.run(func() { mockserver.Start(tb).Inject(f); t.Error("goes on") })
		require.True(t, tb.failed)
		require.Len(t, tb.errors, 1)
		require.Contains(t, tb.errors[0], says)
	}
	s, err := mockserver.New(mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpDo}), mockserver.WithRoute("GET /x", http.NotFoundHandler()))
	require.NoError(t, err)
	s.Close()
	s.Inject(mockserver.Fault{})() // of a server that is closed: nothing
}

// mistakeOf is what is wrong with a fault, as the option says it.
func mistakeOf(f mockserver.Fault) string {
	_, err := mockserver.New(mockserver.WithFault(f))
	return err.Error()[len("mockserver: WithFault "):]
}

func TestFaultCounts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		skip, every, times int
		hit                string // of ten calls
	}{
		{0, 0, 0, "xxxxxxxxxx"},
		{0, 1, 1, "x........."},
		{2, 0, 0, "..xxxxxxxx"},
		{0, 3, 0, "..x..x..x."},
		{2, 3, 0, "....x..x.."},
		{2, 3, 1, "....x....."},
		{1, 2, 2, "..x.x....."},
		{9, 1, 5, ".........x"},
		{10, 0, 1, ".........."},
	} {
		s := mockserver.Start(t, mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpListKanbans, Skip: row.skip, Every: row.every, Times: row.times}))
		hit := ""
		for range 10 {
			status, _ := exchange(s, http.MethodGet, "/connections", "") // is not counted
			require.Equal(t, http.StatusOK, status)
			hit += map[int]string{503: "x", 200: "."}[statusAt(s, "/kanbans")]
		}
		require.Equal(t, row.hit, hit, "%+v", row)
	}
}

func statusAt(s *mockserver.Server, path string) int {
	status, _ := exchange(s, http.MethodGet, path, "")
	return status
}

// The first fault in the order of injection has the call; those after it do
// not count it.
func TestFaultsInOrder(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithFault(mockserver.Fault{Status: 501, Skip: 1, Times: 1}))
	s.Inject(mockserver.Fault{Op: agentmsg.OpListKanbans, Status: 502, Times: 2})
	remove := s.Inject(mockserver.Fault{Op: agentmsg.OpListKanbans, Status: 503})
	for i, want := range []int{502, 501, 502, 503, 503} {
		require.Equal(t, want, statusAt(s, "/kanbans"), i)
	}
	require.Equal(t, 200, statusAt(s, "/connections"))
	remove()
	remove()
	require.Equal(t, 200, statusAt(s, "/kanbans"))
	for i, r := range s.Requests(agentmsg.OpListKanbans) {
		if i == 5 {
			require.Nil(t, r.Fault)
			continue
		}
		require.Equal(t, "Refuse"+strconv.Itoa(r.Status), r.Fault.String()[len(r.Fault.String())-9:])
		r.Fault.Status = 1
	}
	require.Equal(t, 502, s.Requests()[0].Fault.Status, "each reader has its own")
}

// A fault of one session hits the calls that name it, of whichever API.
func TestFaultsOfASession(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	status, _ := exchange(s, http.MethodPost, contacts, contactBody)
	require.Equal(t, http.StatusOK, status)
	con := s.Sessions()[0].ID
	for _, id := range []agentmsg.SessionID{"s1", con, "con_x"} {
		s.Inject(mockserver.Fault{Session: id, Kind: mockserver.Refuse})
	}
	post(t, s, "/messages", message(), http.StatusServiceUnavailable)
	post(t, s, "/messages", `{"content":"hi","fromChannelIdentifier":"support","sessionId":"s2"}`, http.StatusAccepted)
	post(t, s, "/messages", `{"content":"hi","fromChannelIdentifier":"support"}`, http.StatusAccepted)
	post(t, s, agentMessages, `{"content":"Hi!"}`, http.StatusServiceUnavailable)
	post(t, s, contacts, contactBody, http.StatusServiceUnavailable)
	post(t, s, conversation, `{"conversation_id":"con_x","sender_id":"u","sender_type":"user","text":"hi"}`, http.StatusServiceUnavailable)
	post(t, s, conversation, `{"sender_id":"u","sender_type":"user","text":"hi"}`, http.StatusOK)
	require.Equal(t, 200, statusAt(s, "/kanbans"))
	require.EqualValues(t, "s1", s.Requests(agentmsg.OpSend)[0].Session, "known though nothing was done")
	require.Equal(t, con, s.Requests(agentmsg.OpSendContactMessage)[1].Session)
}

const contactBody = `{"contactIdentifier":"c","type":"TEXT","content":{"text":{"body":"hi"}}}`

// No fault hides a mistake of the caller's, nor counts it.
func TestFaultsHideNoMistake(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithFault(mockserver.Fault{Times: 1, Status: 502}))
	status, _ := exchange(s, http.MethodGet, "/kanbans", "", "Authorization", "Bearer wrong")
	require.Equal(t, http.StatusUnauthorized, status)
	post(t, s, "/messages", message(`"fromChannel":"x"`), http.StatusBadRequest)
	status, _ = exchange(s, http.MethodGet, "/kanbans", "{}")
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = toStorage(s, http.MethodGet, "http://x/storage/none", "")
	require.Equal(t, http.StatusForbidden, status)
	post(t, s, "/messages", message(), http.StatusBadGateway)
	post(t, s, "/messages", message(), http.StatusAccepted)
}

// A failed wait says what was hit.
func TestFaultInAFailedWait(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithFault(mockserver.Fault{}))
	require.Equal(t, 503, statusAt(s, "/kanbans"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, s.WaitRequests(ctx, agentmsg.OpSend, 1), "hit by Any/Refuse503")
}
