package mockserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func worlds(t *testing.T, limit int, opts ...mockserver.Option) *mockserver.Worlds {
	t.Helper()
	w, err := mockserver.NewWorlds(limit, opts...)
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

// askAny sends a body with one header.
func askAny(h http.Handler, method, path, body string, header ...string) (status int, answer string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// say sends a message to the AI of a world.
func say(h http.Handler, credential string) int {
	status, _ := askAny(h, http.MethodPost, "/messages", message(), "Authorization", "Bearer "+credential)
	return status
}

// Each credential serves all three APIs, and has what no other has.
func TestWorldsAreApart(t *testing.T) {
	t.Parallel()
	w := worlds(t, 2)
	for _, c := range []string{"test_a", "sk_test_b"} {
		require.Equal(t, http.StatusAccepted, say(w, c))
		status, _ := askAny(w, http.MethodPost, contacts, contactBody, "X-API-Key", c)
		require.Equal(t, http.StatusOK, status)
		status, _ = askAny(w, http.MethodPost, conversation, `{"sender_id":"u1","sender_type":"user","text":"hi"}`, "Authorization", "bearer "+c)
		require.Equal(t, http.StatusOK, status)
	}
	a, b := w.World("test_a"), w.World("sk_test_b")
	require.Same(t, a, w.World("test_a"))
	require.NoError(t, a.Idle(t.Context()))
	a.CustomerSays("s1", "only here")
	require.NoError(t, a.Idle(t.Context()))
	require.NoError(t, b.Idle(t.Context()))
	inA, _ := a.Session("s1")
	inB, _ := b.Session("s1")
	require.Equal(t, "customer: hi\nai: You said: hi\ncustomer: only here\nai: You said: only here\n", inA.String())
	require.Equal(t, "customer: hi\nai: You said: hi\n", inB.String())
	require.Len(t, a.Requests(), 3)
	require.NotEqual(t, inA.Messages[0].ID, inB.Messages[0].ID, "one receiver of both must tell them apart")
	require.Equal(t, inA.Messages[0].ID[8:], inB.Messages[0].ID[8:])
}

// Who has no world is told so in the words of the API that was asked.
func TestWorldsRefuseOthers(t *testing.T) {
	t.Parallel()
	w := worlds(t, 1, mockserver.WithRoute("GET /extra", http.NotFoundHandler()))
	require.Equal(t, http.StatusAccepted, say(w, "test_first"))
	for name, c := range map[string]struct {
		method, path, key, value string
		status                   int
		answer                   string
	}{
		"MAIA":                 {"POST", "/messages", "Authorization", "Bearer live", 401, `{"error":"Unauthorized","message":"Invalid or missing API token: here it starts with test_ or sk_test_"}`},
		"no scheme":            {"POST", "/messages", "Authorization", "test_first", 401, `{"error":"Unauthorized","message":"Invalid or missing API token: here it starts with test_ or sk_test_"}`},
		"BluBash":              {"POST", contacts, "X-API-Key", "live", 401, `{"error":"Unauthorized","message":"Invalid or missing API key: here it starts with test_ or sk_test_"}`},
		"Conversations":        {"POST", conversation, "X-None", "", 401, `{"status":"error","message":"Invalid or missing token: here it starts with test_ or sk_test_","data":null}`},
		"a route of one's own": {"GET", "/extra", "X-None", "", 401, `{"error":"Unauthorized","message":"Invalid or missing API token: here it starts with test_ or sk_test_"}`},
		"no route":             {"GET", "/nowhere", "X-None", "", 501, `{"error":"Not Implemented","message":"mockserver: no API here has GET /nowhere"}`},
		"one too many":         {"POST", "/messages", "Authorization", "Bearer test_second", 503, `{"error":"Service Unavailable","message":"mockserver: all 1 worlds are in use: reset those that are done with, or raise the limit; one without a request for 15m0s ends by itself"}`},
	} {
		status, answer := askAny(w, c.method, c.path, `{}`, c.key, c.value)
		require.Equal(t, c.status, status, name)
		require.Equal(t, c.answer, strings.TrimSpace(answer), name)
	}
	status, answer := askAny(w, http.MethodPut, "/storage/attachments/x?X-Amz-Credential=0123456789abcdef", "file")
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, answer, "<Message>The world of this link is over")
	require.Nil(t, w.World("test_second"))
	require.Nil(t, w.World("live"))
	require.NotNil(t, w.World("test_first"), "nobody loses a world for another")
}

// A world is over by Reset or by its server's Close, and begins anew.
func TestWorldsReset(t *testing.T) {
	t.Parallel()
	w := worlds(t, 1)
	require.False(t, w.Reset("test_a"))
	require.Equal(t, http.StatusAccepted, say(w, "test_a"))
	before := w.World("test_a")
	require.True(t, w.Reset("test_a"))
	require.ErrorContains(t, before.Wait(t.Context(), func() bool { return false }), "closed")
	require.Equal(t, http.StatusAccepted, say(w, "test_a"))
	require.Len(t, w.World("test_a").Sessions(), 1)
	require.Len(t, w.World("test_a").Requests(), 1)
	w.World("test_a").Close()
	require.Equal(t, http.StatusAccepted, say(w, "test_a"))
	require.Len(t, w.Servers(), 1)
	require.True(t, w.Reset("test_a"))
	require.Equal(t, http.StatusAccepted, say(w, "test_b"), "the room is free again")
	w.Close()
	w.Close()
	require.Equal(t, http.StatusServiceUnavailable, say(w, "test_b"))
	require.Nil(t, w.World("test_b"))
	require.False(t, w.Reset("test_b"))
}

// A link has no credential, and leads to its world all the same; a webhook's
// too.
func TestWorldsLinks(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	w := worlds(t, 2, mockserver.WithWebhookHandler(box, ""), mockserver.WithChannel(mockserver.Channel{ID: "c", Identifier: "support", ForwardIncoming: true}))
	served := httptest.NewServer(w)
	defer served.Close()
	defer w.Close()
	for _, c := range []string{"test_a", "test_b"} {
		client, err := agentmsg.NewClient(agentmsg.WithMAIA(c), agentmsg.WithBaseURL(agentmsg.MAIA, served.URL))
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		file, err := client.Attachments.Upload(t.Context(), agentmsg.FileFromBytes("note.txt", []byte(c)))
		require.NoError(t, err)
		var back strings.Builder
		_, err = client.Attachments.Download(t.Context(), file.FileKey, &back)
		require.NoError(t, err)
		require.Equal(t, c, back.String())
		_, err = client.Messages.Send(t.Context(), agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), SessionID: "s1", Attachments: []agentmsg.Attachment{*file}})
		require.NoError(t, err)
		require.NoError(t, w.World(c).Idle(t.Context()))
	}
	found := map[string]bool{}
	for _, e := range box.seen() {
		if m := e.(*agentmsg.MessageEvent); len(m.Attachments) > 0 {
			require.NotContains(t, string(m.Attachments[0].URL), "test_", "a link must not show the credential")
			r, err := http.Get(string(m.Attachments[0].URL)) //nolint:forbidigo // a stranger's client
			require.NoError(t, err)
			content, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.NoError(t, r.Body.Close())
			found[string(content)] = true
		}
	}
	require.Equal(t, map[string]bool{"test_a": true, "test_b": true}, found)
	http.DefaultClient.CloseIdleConnections() //nolint:forbidigo // as above
}

// Others answer what is for no world, and their own links lead to them.
func TestWorldsOr(t *testing.T) {
	t.Parallel()
	w := worlds(t, 1)
	s, err := mockserver.New()
	require.NoError(t, err)
	t.Cleanup(s.Close)
	served := httptest.NewServer(w.Or(s))
	defer served.Close()
	for _, c := range []string{mockserver.DefaultMAIAToken, "test_a"} {
		client, err := agentmsg.NewClient(agentmsg.WithMAIA(c), agentmsg.WithBaseURL(agentmsg.MAIA, served.URL))
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		_, err = client.Attachments.Upload(t.Context(), agentmsg.FileFromBytes("note.txt", []byte(c)))
		require.NoError(t, err)
	}
	require.Len(t, s.Requests(), 2)
	require.Len(t, w.World("test_a").Requests(), 2)
}

// A world ends once nobody has used it for its time, and not while anything is
// under way in it.
func TestWorldsIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, err := mockserver.NewWorlds(3, mockserver.WithWorldIdle(time.Minute), mockserver.WithAIDelay(90*time.Second))
		require.NoError(t, err)
		defer w.Close()
		require.NotNil(t, w.World("test_quiet"))
		require.NotNil(t, w.World("test_asked"))
		require.Equal(t, http.StatusAccepted, say(w, "test_thinks"))
		time.Sleep(59 * time.Second)
		require.Len(t, w.Servers(), 3)
		require.NotNil(t, w.World("test_asked"))
		time.Sleep(2 * time.Second)
		require.Len(t, w.Servers(), 2, "the quiet one is over")
		time.Sleep(57 * time.Second)
		require.Len(t, w.Servers(), 2)
		thinks := w.World("test_thinks")
		time.Sleep(2 * time.Second)
		require.Equal(t, []*mockserver.Server{thinks}, w.Servers())
		x, _ := thinks.Session("s1")
		require.Equal(t, "customer: hi\nai: You said: hi\n", x.String())
		_, err = thinks.Client().Kanbans.List(t.Context(), agentmsg.ListKanbansParams{}) // past the Worlds, and a use
		require.NoError(t, err)
		time.Sleep(59 * time.Second)
		require.Len(t, w.Servers(), 1)
		time.Sleep(2 * time.Second)
		require.Empty(t, w.Servers())
	})
}

// A thousand worlds at once, each with its own say, while others are reset.
func TestWorldsManyAtOnce(t *testing.T) {
	t.Parallel()
	const n = 1_000
	w := worlds(t, n, mockserver.WithWebhookHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ""))
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			c := fmt.Sprintf("test_%d", i)
			if i%10 == 0 {
				w.World(c)
				w.Reset(c)
			}
			status := say(w, c)
			s := w.World(c)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := s.Idle(ctx); err != nil || status != http.StatusAccepted || len(s.Requests()) != 1 || len(s.Deliveries()) != 1 {
				t.Errorf("%s: %d %v", c, status, err)
			}
		})
	}
	all.Wait()
	require.Len(t, w.Servers(), n)
}

// A script has a memory, and each world its own script; one of nil is silent.
func TestWorldsHaveAnAIEach(t *testing.T) {
	t.Parallel()
	w := worlds(t, 2, mockserver.WithNewAI(func() mockserver.AI {
		said := 0
		return func(context.Context, mockserver.Turn) []string {
			said++
			return []string{fmt.Sprint(said)}
		}
	}))
	for _, c := range []string{"test_a", "test_b"} {
		s := w.World(c)
		s.CustomerSays("s", "hi")
		s.CustomerSays("s", "hi")
		require.NoError(t, s.Idle(t.Context()))
		x, _ := s.Session("s")
		require.Equal(t, "customer: hi\ncustomer: hi\nai: 1\nai: 2\n", x.String())
	}
	silent := worlds(t, 1, mockserver.WithNewAI(func() mockserver.AI { return nil })).World("test_a")
	silent.CustomerSays("s", "hi")
	require.NoError(t, silent.Idle(t.Context()))
	x, _ := silent.Session("s")
	require.Equal(t, "customer: hi\n", x.String())
}

func TestWorldsOptions(t *testing.T) {
	t.Parallel()
	for wrong, build := range map[string]func() error{
		"limit is 0":                      func() error { _, err := mockserver.NewWorlds(0); return err },
		"WithWorldIdle is no time":        func() error { _, err := mockserver.NewWorlds(1, mockserver.WithWorldIdle(0)); return err },
		"WithWorldIdle is for NewWorlds":  func() error { _, err := mockserver.New(mockserver.WithWorldIdle(1)); return err },
		"WithNewAI has a nil function":    func() error { _, err := mockserver.NewWorlds(1, mockserver.WithNewAI(nil)); return err },
		"WithJournal keeps less than one": func() error { _, err := mockserver.NewWorlds(1, mockserver.WithJournal(0)); return err },
		"WithLogger has a nil logger":     func() error { _, err := mockserver.New(mockserver.WithLogger(nil)); return err },
	} {
		require.ErrorContains(t, build(), wrong)
	}
}
