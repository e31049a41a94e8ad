package mockserver_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

const exampleStatuses = `[{"value":"new","label":"New","color":"#1890ff"},{"value":"contacted","label":"Contacted","color":"#52c41a"},{"value":"qualified","label":"Qualified","color":"#722ed1"},{"value":"closed","label":"Closed Won","color":"#13c2c2"}]`

func get(t *testing.T, s *mockserver.Server, path string, status int) string {
	t.Helper()
	got, answer := exchange(s, http.MethodGet, path, "")
	require.Equal(t, status, got, answer)
	return answer
}

func TestKanbansOnTheWire(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	require.Equal(t, `{"items":[{"id":"kanban-default","name":"Default","slug":"kanban-default","description":"","isDefault":true,"order":0,"createdAt":NOW,"updatedAt":NOW,"statuses":`+
		exampleStatuses+`,"fields":[]}]}`, timeless(get(t, s, "/kanbans", http.StatusOK)))
	require.Equal(t, `{"items":[]}`, get(t, s, "/connections", http.StatusOK))

	given := agentmsg.Kanban{ID: "k1", Name: "Sales", CreatedAt: agentmsg.Time{Time: time.UnixMilli(1704067200000)}, Statuses: []agentmsg.KanbanStatus{{Value: "open"}}}
	channel := mockserver.WithChannel(mockserver.Channel{ID: "c", Identifier: "support", AgentKanbans: map[agentmsg.AgentID]agentmsg.KanbanID{
		mockserver.DefaultAgentID: "k1", "a": "k3", "b": "k2", "c": "k3",
	}})
	s = mockserver.Start(t, mockserver.WithKanbans(given), channel)
	given.Statuses[0].Value = "changed"
	var ids []agentmsg.KanbanID
	for board, err := range s.Client().Kanbans.All(t.Context(), agentmsg.ListKanbansParams{Limit: 1, Accessible: true}) {
		require.NoError(t, err)
		ids = append(ids, board.ID)
		require.NotEmpty(t, board.Statuses)
		require.NotZero(t, board.UpdatedAt)
	}
	require.Equal(t, []agentmsg.KanbanID{"k1", "k2", "k3"}, ids)
	require.Len(t, s.Requests(agentmsg.OpListKanbans), 3)
	page, err := s.Client().Kanbans.List(t.Context(), agentmsg.ListKanbansParams{})
	require.NoError(t, err)
	require.Empty(t, page.NextToken)
	require.Equal(t, []string{"Sales", "k1", "open"}, []string{page.Items[0].Name, page.Items[0].Slug, page.Items[0].Statuses[0].Value})
	require.EqualValues(t, 1704067200000, page.Items[0].UpdatedAt.UnixMilli())
	require.Equal(t, "k2", page.Items[1].Name)

	s = mockserver.Start(t, channel)
	require.Equal(t, 4, strings.Count(get(t, s, "/kanbans?accessible=false", http.StatusOK), `"slug"`), "the default one too")
}

// CRM events know the board.
func TestBoardInEvents(t *testing.T) {
	t.Parallel()
	box := new(inbox)
	s := mockserver.Start(t, mockserver.WithAI(nil), mockserver.WithWebhookHandler(box, ""),
		mockserver.WithKanbans(agentmsg.Kanban{ID: "k1", Name: "Sales", Statuses: []agentmsg.KanbanStatus{{Value: "open"}, {Value: "done"}}}, agentmsg.Kanban{ID: "k2"}))
	for _, board := range []string{"k1", "k2", "k3"} {
		post(t, s, "/messages", message(`"kanbanId":"`+board+`"`), http.StatusAccepted)
	}
	require.NoError(t, s.Idle(t.Context()))
	var seen []string
	for _, e := range box.seen() {
		created := e.(*agentmsg.RecordCreatedEvent)
		seen = append(seen, created.KanbanName+":"+created.Status)
	}
	require.Equal(t, []string{"Sales:open", "k2:new", "k3:new"}, seen)
}

func TestConnectionsOnTheWire(t *testing.T) {
	t.Parallel()
	created, err := time.Parse(time.RFC3339, "2025-06-15T10:30:00Z")
	require.NoError(t, err)
	s := mockserver.Start(t, mockserver.WithConnections(agentmsg.Connection{
		ID: "conn_abc123", Name: "My WhatsApp Business", ConnectionType: "whatsapp_custom_app", BusinessAccountID: "123456789", TokenStatus: "active",
		PhoneNumbers: []agentmsg.PhoneNumber{{ID: "112233445566", DisplayPhoneNumber: "+55 21 99988-7766", VerifiedName: "My Business", QualityRating: "GREEN"}},
		WebhookURL:   "https://api.maiacompany.io/providers/whatsapp-byot/webhook/conn_abc123", CreatedAt: agentmsg.EventTime{Time: created},
	}, agentmsg.Connection{ID: "b", ConnectionType: "other"}), mockserver.WithConnections(agentmsg.Connection{ID: "c", ConnectionType: "other"}))
	require.JSONEq(t, `{"items":[{"id":"conn_abc123","name":"My WhatsApp Business","connectionType":"whatsapp_custom_app","businessAccountId":"123456789","tokenStatus":"active",
		"phoneNumbers":[{"id":"112233445566","displayPhoneNumber":"+55 21 99988-7766","verifiedName":"My Business","qualityRating":"GREEN"}],
		"webhookUrl":"https://api.maiacompany.io/providers/whatsapp-byot/webhook/conn_abc123","createdAt":"2025-06-15T10:30:00.000Z"}]}`,
		get(t, s, "/connections?type=whatsapp_custom_app", http.StatusOK))
	require.Contains(t, get(t, s, "/connections?type=other", http.StatusOK), `"phoneNumbers":[]`)
	require.Equal(t, `{"items":[]}`, get(t, s, "/connections?type=none", http.StatusOK))
	for p, want := range map[agentmsg.ListConnectionsParams]string{
		{Limit: 1}: "conn_abc123 b c", {Limit: 2}: "conn_abc123 b c", {Limit: 3}: "conn_abc123 b c", {}: "conn_abc123 b c", {Type: "other", Limit: 1}: "b c",
	} {
		var ids []string
		for c, err := range s.Client().Connections.All(t.Context(), p) {
			require.NoError(t, err)
			require.NotZero(t, c.CreatedAt)
			ids = append(ids, c.ID)
		}
		require.Equal(t, want, strings.Join(ids, " "), "%+v", p)
	}
}

func TestListsRefuse(t *testing.T) {
	t.Parallel()
	var boards []agentmsg.Kanban
	for i := range 60 {
		boards = append(boards, agentmsg.Kanban{ID: agentmsg.KanbanID("k" + strings.Repeat("i", i))})
	}
	s := mockserver.Start(t, mockserver.WithKanbans(boards...), mockserver.WithConnections(agentmsg.Connection{ID: "a"}, agentmsg.Connection{ID: "b"}, agentmsg.Connection{ID: "c"}))
	first, err := s.Client().Kanbans.List(t.Context(), agentmsg.ListKanbansParams{})
	require.NoError(t, err)
	require.Len(t, first.Items, 50)
	token := url.QueryEscape(first.NextToken)
	require.Contains(t, get(t, s, "/kanbans?limit=1&nextToken="+token, http.StatusOK), `"order":0`)
	for _, path := range []string{
		"/kanbans?limit=0", "/kanbans?limit=-1", "/kanbans?limit=", "/kanbans?limit=ten", "/kanbans?limit=1.5", "/kanbans?limit=99999999999999999999",
		"/kanbans?nextToken=", "/kanbans?nextToken=none", "/kanbans?nextToken=" + token + "x", "/kanbans?accessible=true&nextToken=" + token, "/connections?nextToken=" + token,
		"/kanbans?accessible=1", "/kanbans?accessible=", "/kanbans?Limit=1", "/kanbans?type=x", "/kanbans?limit=1&limit=2", "/connections?accessible=true", "/kanbans?%zz",
	} {
		get(t, s, path, http.StatusBadRequest)
	}
	status, _ := exchange(s, http.MethodGet, "/kanbans", "", "Authorization", "")
	require.Equal(t, http.StatusUnauthorized, status)
}
