package mockserver_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// shaped is the default channel with settings.
func shaped(c mockserver.Channel) mockserver.Option {
	c.ID, c.Identifier = mockserver.DefaultChannelID, mockserver.DefaultChannelIdentifier
	return mockserver.WithChannel(c)
}

// saying is an AI that says the same each time.
func saying(parts ...string) mockserver.Option {
	return mockserver.WithAI(func(context.Context, mockserver.Turn) []string { return parts })
}

// hearing is a silent AI that keeps what it is asked, and when.
type hearing struct {
	mu    sync.Mutex
	began time.Time
	texts []string
	at    []time.Duration
}

func (h *hearing) option() mockserver.Option {
	h.began = time.Now()
	return mockserver.WithAI(func(_ context.Context, turn mockserver.Turn) []string {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.texts, h.at = append(h.texts, turn.Text), append(h.at, time.Since(h.began))
		return nil
	})
}

func (h *hearing) heard() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.texts)
}

// deliveredAt are the times of the first attempts.
func deliveredAt(s *mockserver.Server, began time.Time) []time.Duration {
	var at []time.Duration
	for _, d := range s.Deliveries() {
		at = append(at, d.At.Sub(began))
	}
	return at
}

// Each line of an answer is a message and an event of its own, SplitDelay after
// the one before.
func TestSplitOnTheWire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := new(inbox)
		s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""), saying("one\n\n \t\n two \r\nthree\rfour\n", "five"),
			shaped(mockserver.Channel{SplitByBreakline: true, SplitDelay: 2 * time.Second}))
		began := time.Now()
		post(t, s, "/messages", message(), http.StatusAccepted)
		require.NoError(t, s.WaitDeliveries(t.Context(), 1))
		require.NoError(t, s.Idle(t.Context()), "the parts to come count")
		require.Equal(t, seconds(0, 2, 4, 6, 8), deliveredAt(s, began))
		require.Equal(t, []string{"outgoing:one", "outgoing: two ", "outgoing:three", "outgoing:four", "outgoing:five"}, box.said())
		require.Equal(t, `{"channelId":"channel-api","channelIdentifier":"support","agentId":"agent-default","sessionId":"s1",`+
			`"messageId":"00000000-0000-4000-8000-000000000003","response":" two ","timestamp":"2000-01-01T00:00:02.000Z"}`, box.bodies[1])
		x, _ := s.Session("s1")
		require.Equal(t, "customer: hi\nai: one\nai:  two \nai: three\nai: four\nai: five\n", x.String())
		require.Equal(t, 2*time.Second, x.Messages[2].Timestamp.Sub(x.Messages[1].Timestamp.Time))
	})
}

func TestSplitSettings(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		channel mockserver.Channel
		parts   []string
		said    []string
		at      []time.Duration
	}{
		"neither":      {mockserver.Channel{}, []string{"a\nb", "c"}, []string{"outgoing:a\nb", "outgoing:c"}, seconds(0, 0)},
		"no delay":     {mockserver.Channel{SplitByBreakline: true}, []string{"a\nb", "c"}, []string{"outgoing:a", "outgoing:b", "outgoing:c"}, seconds(0, 0, 0)},
		"a delay only": {mockserver.Channel{SplitDelay: time.Second}, []string{"a\nb", "c"}, []string{"outgoing:a\nb", "outgoing:c"}, seconds(0, 1)},
		"empty lines":  {mockserver.Channel{SplitByBreakline: true, SplitDelay: time.Second}, []string{"\n \r\n", ""}, nil, nil},
		"one line":     {mockserver.Channel{SplitByBreakline: true, SplitDelay: time.Second}, []string{"a"}, []string{"outgoing:a"}, seconds(0)},
		"silence":      {mockserver.Channel{SplitByBreakline: true, SplitDelay: time.Second}, nil, nil, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			box := new(inbox)
			s := mockserver.Start(t, mockserver.WithWebhookHandler(box, ""), saying(row.parts...), shaped(row.channel))
			began := time.Now()
			s.CustomerSays("s", "hi")
			require.NoError(t, s.Idle(t.Context()))
			require.Equal(t, row.said, box.said(), name)
			require.Equal(t, row.at, deliveredAt(s, began), name)
		})
	}
}

// What is no answer of the AI is not split, and the next answer waits for the
// whole of the one before.
func TestSplitIsOfAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, shaped(mockserver.Channel{SplitByBreakline: true, SplitDelay: time.Minute}))
		s.CustomerSays("s", "a\nb")
		s.CustomerSays("s", "c\nd")
		time.Sleep(30 * time.Second)
		s.HumanSays("s", "human\nhere")
		s.AISays("s", "ai\nhere")
		began := time.Now()
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, 90*time.Second, time.Since(began))
		x, _ := s.Session("s")
		require.Equal(t, "customer: a\\nb\ncustomer: c\\nd\nai: You said: a\nhuman: human\\nhere\nai: ai\\nhere\nai: b\nai: You said: c\nai: d\n", x.String())
	})
}

// A pause drops what is not said yet, also after a resume.
func TestPauseBetweenParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, saying("one\ntwo\nthree"), shaped(mockserver.Channel{SplitByBreakline: true, SplitDelay: time.Minute}))
		client := s.Client()
		s.CustomerSays("s", "hi")
		time.Sleep(90 * time.Second)
		_, err := client.Sessions.PauseAI(t.Context(), "s")
		require.NoError(t, err)
		_, err = client.Sessions.ResumeAI(t.Context(), "s")
		require.NoError(t, err)
		require.NoError(t, s.Idle(t.Context()))
		time.Sleep(time.Hour)
		x, _ := s.Session("s")
		require.Equal(t, "customer: hi\nai: one\nai: two\n", x.String())
	})
}

// The AI hears all that came until the customer was silent for long enough, in
// one turn.
func TestAggregation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ai hearing
		s := mockserver.Start(t, ai.option(), mockserver.WithAIDelay(time.Second), shaped(mockserver.Channel{AggregationBuffer: 5 * time.Second}))
		for i, text := range []string{"Hello", "I have", "a question"} {
			post(t, s, "/messages", `{"content":"`+text+`","fromChannelIdentifier":"support","sessionId":"s1"}`, http.StatusAccepted)
			if i == 1 {
				s.CustomerSays("s2", "another's")
			}
			time.Sleep(4 * time.Second)
		}
		require.Equal(t, []string{"another's"}, ai.heard())
		require.NoError(t, s.Idle(t.Context()), "what is held back counts")
		s.CustomerSays("s1", "later")
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, []string{"another's", "Hello\nI have\na question", "later"}, ai.heard())
		require.Equal(t, seconds(10, 14, 20), ai.at)
	})
}

// A file without words adds none.
func TestAggregationOfFiles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ai hearing
		s := mockserver.Start(t, ai.option(), shaped(mockserver.Channel{AggregationBuffer: time.Second}))
		file := `"attachments":[{"fileKey":"` + arrived(t, s) + `","fileName":"a.png","contentType":"image/png","size":17}]`
		for _, text := range []string{"one", "", "two"} {
			post(t, s, "/messages", `{"content":"`+text+`","fromChannelIdentifier":"support","sessionId":"s1",`+file+`}`, http.StatusAccepted)
		}
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, []string{"one\ntwo"}, ai.heard())
		x, _ := s.Session("s1")
		require.Equal(t, "customer: one\ncustomer: [a.png]\ncustomer: two\n", x.String())
	})
}

// A pause drops what was held back, for good, and nothing waits for it.
func TestPauseDropsTheBuffer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ai hearing
		s := mockserver.Start(t, ai.option(), shaped(mockserver.Channel{AggregationBuffer: time.Minute}))
		client := s.Client()
		s.CustomerSays("s", "one")
		_, err := client.Sessions.PauseAI(t.Context(), "s")
		require.NoError(t, err)
		require.NoError(t, s.Idle(t.Context()))
		s.CustomerSays("s", "two")
		_, err = client.Sessions.ResumeAI(t.Context(), "s")
		require.NoError(t, err)
		require.NoError(t, s.Idle(t.Context()))
		require.Zero(t, time.Since(ai.began))
		s.CustomerSays("s", "three")
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, []string{"three"}, ai.heard())
		require.Equal(t, []time.Duration{time.Minute}, ai.at)
	})
}

func TestCloseEndsBufferAndParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.Start(t, mockserver.WithWebhookHandler(new(inbox), ""), shaped(mockserver.Channel{AggregationBuffer: time.Hour}),
			mockserver.WithChannel(mockserver.Channel{ID: "split", Identifier: "split", SplitByBreakline: true, SplitDelay: time.Hour}),
			mockserver.WithSession(mockserver.Session{ID: "split", ChannelID: "split"}))
		s.CustomerSays("split", "a\nb")
		s.CustomerSays("s", "hi")
		require.NoError(t, s.WaitDeliveries(t.Context(), 1))
		began := time.Now()
		s.Close()
		require.Zero(t, time.Since(began))
		require.NoError(t, s.Idle(t.Context()))
		for id, want := range map[agentmsg.SessionID]string{"split": "customer: a\\nb\nai: You said: a\n", "s": "customer: hi\n"} {
			x, _ := s.Session(id)
			require.Equal(t, want, x.String())
		}
	})
}

// The other APIs have no such settings.
func TestShapingIsOfMAIA(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := mockserver.Start(t, saying("a\nb", "c"), shaped(mockserver.Channel{AggregationBuffer: time.Hour, SplitByBreakline: true, SplitDelay: time.Hour}),
			mockserver.WithBluBashChannel(mockserver.DefaultChannelID))
		reply, err := s.Client().Contacts.Send(t.Context(), mockserver.DefaultChannelID, ask("hi"))
		require.NoError(t, err)
		require.Len(t, reply.AIMessages, 2)
		post(t, s, conversation, `{"sender_id":"u","sender_type":"user","text":"hi"}`, http.StatusOK)
		require.NoError(t, s.Idle(t.Context()))
		require.Zero(t, time.Since(began))
		for _, x := range s.Sessions() {
			require.Equal(t, "customer: hi\nai: a\\nb\nai: c\n", x.String())
		}
	})
}
