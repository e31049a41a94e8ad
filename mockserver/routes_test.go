package mockserver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func TestWithRoute(t *testing.T) {
	t.Parallel()
	var s *mockserver.Server
	s = mockserver.Start(t, mockserver.WithRoute("POST /contacts/{id}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		require.Empty(t, s.Requests(agentmsg.OpDo), "the server may be asked")
		w.Header().Set("X-Seen", r.PathValue("id")+" "+r.URL.RawQuery+" "+r.Header.Get("Authorization")+" "+string(body))
		r.Header.Del("Authorization")
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "1")
		_, _ = io.WriteString(w, `{"id":`)
		_, _ = io.WriteString(w, `"c1"}`)
	})), mockserver.WithRoute("DELETE /contacts/{id}", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })),
		mockserver.WithRoute("/v1/anything/", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	client := s.Client()
	var response agentmsg.Response
	got, err := agentmsg.Do[struct {
		ID string `json:"id"`
	}](t.Context(), client, agentmsg.Request{
		API: agentmsg.MAIA, Method: http.MethodPost, Path: []string{"contacts", "a/b"}, Query: map[string][]string{"q": {"1"}}, Body: map[string]string{"name": "Ana"},
	}, agentmsg.WithResponse(&response))
	require.NoError(t, err)
	require.Equal(t, "c1", got.ID)
	require.Equal(t, http.StatusCreated, response.Status)
	require.Equal(t, "a/b q=1 Bearer "+mockserver.DefaultMAIAToken+` {"name":"Ana"}`, response.Header.Get("X-Seen"))
	require.Empty(t, response.Header.Get("X-Late"))
	r := s.Requests(agentmsg.OpDo)
	require.Len(t, r, 1)
	require.Equal(t, []any{"/contacts/a%2Fb", `{"name":"Ana"}`, `{"id":"c1"}`, 201}, []any{r[0].Path, string(r[0].Body), string(r[0].Response), r[0].Status})
	require.Equal(t, []string{"REDACTED"}, r[0].Header["Authorization"])
	_, err = agentmsg.Do[struct{}](t.Context(), client, agentmsg.Request{API: agentmsg.MAIA, Method: http.MethodDelete, Path: []string{"contacts", "a"}})
	require.NoError(t, err)
	_, err = agentmsg.Do[struct{}](t.Context(), client, agentmsg.Request{API: agentmsg.Conversations, Method: http.MethodGet, Path: []string{"anything", "x"}})
	require.NoError(t, err)
	require.NoError(t, send(t.Context(), client, "s", "hi"), "the others are there")
	require.Len(t, s.Requests(agentmsg.OpDo), 3)
}

// A handler that gives up is a connection that dies, and in the journal.
func TestRouteThatPanics(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithRoute("GET /x", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })))
	_, err := agentmsg.Do[json.RawMessage](t.Context(), s.Client(), agentmsg.Request{API: agentmsg.MAIA, Method: http.MethodGet, Path: []string{"x"}}, agentmsg.WithMaxAttempts(1))
	require.Error(t, err)
	require.Zero(t, s.Requests(agentmsg.OpDo)[0].Status)
}

func TestExtraFields(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithExtraFields(agentmsg.OpSend, "priority", "tags"), mockserver.WithExtraFields(agentmsg.OpAddNote, "pinned"),
		mockserver.WithExtraFields(agentmsg.OpSend, "more"))
	p := agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), SessionID: "s1", Content: "hi"}
	_, err := s.Client().Messages.Send(t.Context(), p, agentmsg.WithField("priority", 1), agentmsg.WithField("tags", map[string]any{"any": []int{1}}), agentmsg.WithField("more", nil))
	require.NoError(t, err)
	_, err = s.Client().Messages.Send(t.Context(), p, agentmsg.WithField("pinned", true))
	require.ErrorContains(t, err, `"pinned" is not documented`)
	_, err = s.Client().Channels.AddNote(t.Context(), mockserver.DefaultChannelID, "s1", agentmsg.NoteParams{Content: "x"}, agentmsg.WithField("pinned", true))
	require.NoError(t, err)

	require.Contains(t, post(t, s, "/messages", message(`"priority":1`, `"isEcho":true`, `"externalUserId":"u"`), http.StatusBadRequest), `\"priority\" is not documented`)
	require.Contains(t, post(t, s, "/messages", message(`"priority":null`, `"isEcho":true`, `"externalUserId":"u"`), http.StatusBadRequest), `\"priority\" is not documented`)
	require.Contains(t, post(t, s, agentMessages, `{"content":"x","pinned":true}`, http.StatusBadRequest), `\"pinned\" is not documented`)
	require.Contains(t, post(t, s, "/messages", message(`"Priority":1`), http.StatusBadRequest), `must be written \"priority\"`)
	require.Contains(t, post(t, s, "/messages", message(`"priority":1`, `"priority":2`), http.StatusBadRequest), `given twice`)
	require.Contains(t, post(t, s, "/messages", message(`"attachments":[{"priority":1}]`), http.StatusBadRequest), `is not documented`)
	post(t, mockserver.Start(t), "/messages", message(`"priority":1`), http.StatusBadRequest)
}

func TestOptionErrorsOfRoutesAndLists(t *testing.T) {
	t.Parallel()
	h := http.NotFoundHandler()
	for says, opts := range map[string][]mockserver.Option{
		`WithRoute has a nil handler for "GET /x"`:                          {mockserver.WithRoute("GET /x", nil)},
		"WithRoute has a pattern that cannot be: parsing \"GET x\"":         {mockserver.WithRoute("GET x", h)},
		"WithRoute has a pattern that cannot be: http: invalid pattern":     {mockserver.WithRoute("", h)},
		"WithRoute has a pattern that cannot be: pattern \"GET /kanbans\"":  {mockserver.WithRoute("GET /kanbans", h)},
		"WithRoute has a pattern that cannot be: pattern \"/x\"":            {mockserver.WithRoute("/x", h), mockserver.WithRoute("/x", h)},
		`WithRoute has a pattern that cannot be: pattern "/storage/{x...}"`: {mockserver.WithRoute("/storage/{x...}", h)},
		`WithExtraFields names the operation "Do"`:                          {mockserver.WithExtraFields(agentmsg.OpDo, "x")},
		`WithExtraFields names the operation "none"`:                        {mockserver.WithExtraFields("none")},
		`WithExtraFields names the operation "Kanbans.List"`:                {mockserver.WithExtraFields(agentmsg.OpListKanbans, "x")},
		`WithExtraFields names the operation "Attachments.Put"`:             {mockserver.WithExtraFields(agentmsg.OpPut, "x")},
		"WithExtraFields has an empty name":                                 {mockserver.WithExtraFields(agentmsg.OpSend, "")},
		`WithExtraFields names "AgentID", which Messages.Send has`:          {mockserver.WithExtraFields(agentmsg.OpSend, "AgentID")},
		"WithKanbans has an empty ID":                                       {mockserver.WithKanbans(agentmsg.Kanban{})},
		`WithKanbans gives "k" a second time`:                               {mockserver.WithKanbans(agentmsg.Kanban{ID: "k"}, agentmsg.Kanban{ID: "k"})},
		"WithConnections has an empty ID":                                   {mockserver.WithConnections(agentmsg.Connection{})},
		`WithConnections gives "k" a second time`:                           {mockserver.WithConnections(agentmsg.Connection{ID: "k"}), mockserver.WithConnections(agentmsg.Connection{ID: "k"})},
	} {
		s, err := mockserver.New(opts...)
		require.ErrorContains(t, err, "mockserver: "+says)
		require.Nil(t, s)
	}
}
