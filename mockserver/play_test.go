package mockserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func TestTheOtherSide(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""), mockserver.WithSession(mockserver.Session{ID: "s", AIPaused: true}))
	ids := []agentmsg.MessageID{s.CustomerSays("s", "a\r\nb"), s.HumanSays("s", "c"), s.AISays("s", "d")}
	require.NoError(t, s.Idle(t.Context()))
	x, _ := s.Session("s")
	require.Equal(t, "customer: a\\nb\nhuman: c\nai: d\n", x.String())
	for i, m := range x.Messages {
		require.Equal(t, ids[i], m.ID)
		require.NotZero(t, m.Timestamp)
		require.True(t, m.VisibleToAI)
	}
	require.Equal(t, []agentmsg.Role{"user", "assistant", "assistant"}, []agentmsg.Role{x.Messages[0].Role, x.Messages[1].Role, x.Messages[2].Role})
	require.Equal(t, []string{"outgoing:c", "outgoing:d"}, box.said(), "an unforwarded customer is not heard of, and nothing tells the AI from a human")
	s.CustomerSays("new", "hi")
	require.NoError(t, s.Idle(t.Context()))
	y, _ := s.Session("new")
	require.EqualValues(t, mockserver.DefaultChannelID, y.ChannelID)
	require.Equal(t, "customer: hi\nai: You said: hi\n", y.String())
}

// The phone's owner is on a channel that has a phone.
func TestOwner(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	s.OwnerSays("new", "hi")
	x, _ := s.Session("new")
	require.EqualValues(t, "channel-whatsapp_no", x.ChannelID)
	require.Equal(t, "owner: hi\n", x.String())

	tb := new(fakeTB)
	tb.run(func() {
		other := mockserver.Start(tb)
		other.CustomerSays("s", "hi")
		other.OwnerSays("s", "hi")
		t.Error("goes on")
	})
	require.True(t, tb.failed)
	require.Contains(t, tb.errors[0], `OwnerSays: the session "s" is on no channel of type whatsapp_no`)
}

// The AI sees the session without the notes that are hidden from it.
func TestTurn(t *testing.T) {
	t.Parallel()
	turns := make(chan mockserver.Turn, 1)
	s := mockserver.Start(t, mockserver.WithAI(func(_ context.Context, turn mockserver.Turn) []string {
		turns <- turn
		return []string{"one", "two"}
	}), mockserver.WithSession(mockserver.Session{ID: "s", ExternalUserID: "u", Messages: []mockserver.StoredMessage{
		{Source: mockserver.FromNote, Message: agentmsg.Message{Content: "hidden"}},
		{Source: mockserver.FromNote, Message: agentmsg.Message{Content: "shown"}, VisibleToAI: true},
		{Source: mockserver.FromHuman, Message: agentmsg.Message{Content: "hello"}, ProviderMsgID: "w"},
	}}))
	s.CustomerSays("s", "hi")
	turn := <-turns
	require.Equal(t, "hi", turn.Text)
	require.Equal(t, "note: shown\nhuman: hello\ncustomer: hi\n", turn.Session.String())
	require.Equal(t, "u", turn.Session.ExternalUserID)
	require.NoError(t, s.Idle(t.Context()))
	x, _ := s.Session("s")
	require.True(t, strings.HasSuffix(x.String(), "ai: one\nai: two\n"))
	require.NoError(t, s.Client().Sessions.UpdateStatus(t.Context(), "s", agentmsg.UpdateStatusParams{ProviderMsgID: "w", Status: agentmsg.StatusRead}))
}

// A snapshot is nobody else's.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	given := mockserver.Session{ID: "s", Messages: []mockserver.StoredMessage{{Reactions: []string{"a"}, Message: agentmsg.Message{Content: "x"}}}}
	s := mockserver.Start(t, mockserver.WithSession(given))
	x, _ := s.Session("s")
	x.Messages[0].Content, x.Messages[0].Reactions[0] = "changed", "changed"
	given.Messages[0].Content, given.Messages[0].Reactions[0] = "changed", "changed"
	y, _ := s.Session("s")
	require.Equal(t, "x", y.Messages[0].Content)
	require.Equal(t, "a", y.Messages[0].Reactions[0])
	_, ok := s.Session("none")
	require.False(t, ok)
}

func TestSignedRequest(t *testing.T) {
	t.Parallel()
	body := []byte(`{"eventType":"ai_pause","sessionId":"s","aiPaused":true}`)
	event, err := agentmsg.ReadWebhook(mockserver.SignedRequest(t, "http://app.test/hook", "secret", body), "secret")
	require.NoError(t, err)
	require.EqualValues(t, "s", event.Session())
	_, err = agentmsg.ReadWebhook(mockserver.SignedRequest(t, "http://app.test/hook", "", body), mockserver.DefaultWebhookSecret)
	require.NoError(t, err)

	w := httptest.NewRecorder()
	new(inbox).ServeHTTP(w, mockserver.SignedRequest(t, "http://app.test/hook", "", body))
	require.Equal(t, http.StatusOK, w.Code)

	tb := new(fakeTB)
	tb.run(func() { mockserver.SignedRequest(tb, "/hook", "", body); t.Error("goes on") })
	require.True(t, tb.failed)
}

func TestOptionErrors(t *testing.T) {
	t.Parallel()
	for says, opts := range map[string][]mockserver.Option{
		"an Option is nil":                             {nil},
		"WithChannel has an empty ID":                  {mockserver.WithChannel(mockserver.Channel{Identifier: "x"})},
		"WithChannel has an empty Identifier":          {mockserver.WithChannel(mockserver.Channel{ID: "x"})},
		"WithChannel has a WebhookURL":                 {mockserver.WithChannel(mockserver.Channel{ID: "x", Identifier: "x", WebhookURL: "x"})},
		`WithChannel gives "x" (api, id "x")`:          {mockserver.WithChannel(mockserver.Channel{ID: "x", Identifier: "x"}), mockserver.WithChannel(mockserver.Channel{ID: "x", Identifier: "x"})},
		"WithChannel has a negative SplitDelay":        {mockserver.WithChannel(mockserver.Channel{ID: "x", Identifier: "x", SplitDelay: -1})},
		"WithChannel has a negative AggregationBuffer": {mockserver.WithChannel(mockserver.Channel{ID: "x", Identifier: "x", AggregationBuffer: -1})},
		"WithRateLimit allows less than one call":      {mockserver.WithRateLimit(0, 1)},
		"WithRateLimit allows less":                    {mockserver.WithRateLimit(1, -1)},
		"WithRateLimit allows 5 calls an hour":         {mockserver.WithRateLimit(6, 5)},
		"WithRateLimitStatus is 503":                   {mockserver.WithRateLimit(1, 1), mockserver.WithRateLimitStatus(503)},
		"WithRateLimitStatus is given without":         {mockserver.WithRateLimitStatus(403)},
		"WithBluBashChannel has an empty id":           {mockserver.WithBluBashChannel("")},
		"WithAIDelay is negative":                      {mockserver.WithAIDelay(-1)},
		"WithWebhook has a URL":                        {mockserver.WithWebhook("ftp://x", "")},
		"WithWebhookHandler has a nil handler":         {mockserver.WithWebhookHandler(nil, "")},
		"WithJournal keeps less than one record":       {mockserver.WithJournal(0)},
		"WithURL is not absolute":                      {mockserver.WithURL("localhost:80")},
		"WithSession has an empty ID":                  {mockserver.WithSession(mockserver.Session{})},
		`WithSession names the channel "x"`:            {mockserver.WithSession(mockserver.Session{ID: "s", ChannelID: "x"})},
		`WithSession names the BluBash channel "x"`:    {mockserver.WithSession(mockserver.Session{API: agentmsg.BluBash, ChannelID: "x", ExternalUserID: "u"})},
		"WithSession has a BluBash session without":    {mockserver.WithSession(mockserver.Session{API: agentmsg.BluBash})},
		"WithSession names an API that there is not":   {mockserver.WithSession(mockserver.Session{API: "x", ID: "s"})},
		`WithSession gives the session "s" a second`:   {mockserver.WithSession(mockserver.Session{ID: "s"}), mockserver.WithSession(mockserver.Session{ID: "s"})},
		`WithSession gives the contact "u" a second`: {
			mockserver.WithSession(mockserver.Session{API: agentmsg.BluBash, ExternalUserID: "u"}), mockserver.WithSession(mockserver.Session{API: agentmsg.BluBash, ExternalUserID: "u"}),
		},
	} {
		s, err := mockserver.New(opts...)
		require.ErrorContains(t, err, "mockserver: "+says)
		require.Nil(t, s)
	}
}

// The credentials of an option are the only ones there ever were.
func TestWithCredentials(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithCredentials(mockserver.Credentials{MAIAToken: "mine", BluBashKey: "key", ConversationsToken: "theirs"}))
	require.NoError(t, send(t.Context(), s.Client(), "s", "hi"))
	status, answer := exchange(s, http.MethodPost, "/messages", message())
	require.Equal(t, http.StatusUnauthorized, status)
	require.NotContains(t, answer, "revoked")
}

// A session of WithSession is found the way its API finds it.
func TestSessionsThatAreThere(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t,
		mockserver.WithSession(mockserver.Session{API: agentmsg.BluBash, ExternalUserID: "ana@example.com", ID: "b"}),
		mockserver.WithSession(mockserver.Session{API: agentmsg.Conversations, ID: "con_9s2kd81"}),
	)
	reply, err := s.Client().Contacts.Send(t.Context(), mockserver.DefaultBluBashChannelID, ask("hi"))
	require.NoError(t, err)
	require.EqualValues(t, "b", reply.ConversationID)
	receipt, err := s.Client().Conversations.Send(t.Context(), agentmsg.ConversationMessageParams{
		ConversationID: "con_9s2kd81", SenderID: "u", SenderType: agentmsg.SenderUser, Text: "hi",
	})
	require.NoError(t, err)
	require.EqualValues(t, "con_9s2kd81", receipt.ConversationID)
	require.Len(t, s.Sessions(), 2)
	require.Empty(t, s.Deliveries())
}
