package openapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// receiver answers the first event of each kind with 429, 500 and 200, the
// second with 400, and takes the others; it keeps all of them.
type receiver struct {
	mu        sync.Mutex
	got       []*exchange
	bodies    map[string][]string // of a kind, in the order of their first attempts
	attempted map[string][]int    // the statuses that a body was answered with
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kind, text := kindOf(body), string(body)
	if !slices.Contains(r.bodies[kind], text) {
		r.bodies[kind] = append(r.bodies[kind], text)
	}
	script := [...][]int{{429, 500}, {400}, {}}[min(slices.Index(r.bodies[kind], text), 2)]
	status := http.StatusNoContent
	if n := len(r.attempted[text]); n < len(script) {
		status = script[n]
	}
	r.attempted[text] = append(r.attempted[text], status)
	e := &exchange{method: request.Method, url: request.URL, header: request.Header.Clone(), body: body, status: status, answered: http.Header{}, webhook: kind}
	r.got = append(r.got, e)
	w.WriteHeader(status)
}

// kindOf is the webhook of the document that a delivery is.
func kindOf(body []byte) string {
	var event struct {
		EventType *string `json:"eventType"`
	}
	switch err := json.Unmarshal(body, &event); {
	case err != nil || event.EventType == nil:
		return "message"
	case slices.Contains([]string{"crm_field_update", "crm_record_created", "crm_record_deleted", "ai_pause"}, *event.EventType):
		return *event.EventType
	}
	return "other"
}

// everyWebhook has the mock send each kind of event, and the receiver give each
// kind of answer.
func everyWebhook(t *testing.T, all documents, s *seen) {
	const secret = "a-secret"
	r := &receiver{bodies: map[string][]string{}, attempted: map[string][]int{}}
	fieldUpdate, created := vector(t, "maia/webhook_crm_field_update.json"), vector(t, "maia/webhook_crm_record_created.PARTIAL.json")
	synctest.Test(t, func(t *testing.T) {
		phone := mockserver.Channel{ID: "phone", Identifier: "+55", Type: agentmsg.ChannelTypeWhatsAppQR, ForwardIncoming: true}
		plain := mockserver.Channel{ID: "plain", Identifier: "plain", Type: agentmsg.ChannelTypeAPI}
		server := mockserver.Start(t, mockserver.WithWebhookHandler(r, secret), mockserver.WithChannel(phone), mockserver.WithChannel(plain))
		talk(t, server)
		for _, body := range []string{
			string(fieldUpdate), `{"eventType":"crm_field_update","recordId":"r","kanbanId":"k","kanbanName":"n","externalUserId":"u","fieldName":"f","fieldType":"t","previousValue":null,"newValue":{"a":[1]},"updatedBy":"b","updatedAt":"2024-01-15T10:30:00.000Z","sessionId":"s"}`,
			string(created), `{"eventType":"crm_record_deleted","recordId":"r"}`, `{"eventType":"crm_record_deleted","sessionId":"s"}`,
			`{"eventType":"note_created","sessionId":"s"}`, `{"eventType":"follow_up_failed"}`,
		} {
			require.NotEmpty(t, server.Emit([]byte(body)))
		}
		require.NoError(t, server.Idle(t.Context()))
	})
	directions := map[string]bool{}
	for _, e := range r.got {
		s.add(e, all.judge(e))
		require.NoError(t, agentmsg.VerifySignature(e.body, e.header.Get(agentmsg.SignatureHeader), secret))
		event, err := agentmsg.ParseEvent(e.body)
		require.NoError(t, err)
		if m, ok := event.(*agentmsg.MessageEvent); ok {
			directions[fmt.Sprintf("%s, %d files", m.Direction, len(m.Attachments))] = true
		}
	}
	require.Subset(t, directions, map[string]bool{"outgoing, 0 files": true, "incoming, 0 files": true, "incoming, 1 files": true, "echo, 0 files": true})
	for kind, bodies := range r.bodies { // what the document says comes again does, and nothing else
		require.GreaterOrEqual(t, len(bodies), 2, kind)
		require.Equal(t, []int{429, 500, 204}, r.attempted[bodies[0]], kind)
		require.Equal(t, []int{400}, r.attempted[bodies[1]], kind)
	}
}

// talk has every author say something, and the AI paused.
func talk(t *testing.T, server *mockserver.Server) {
	t.Helper()
	client, ctx := server.Client(), t.Context()
	server.CustomerSays("s", "hi") // and the AI answers
	server.HumanSays("s", "hello")
	server.OwnerSays("s", "typed")
	file, err := client.Attachments.Upload(ctx, agentmsg.FileFromBytes("a.txt", []byte("a")))
	require.NoError(t, err)
	for _, id := range []agentmsg.SessionID{"a", "b"} { // two boards, so two records
		_, err = client.Messages.Send(ctx, agentmsg.SendMessageParams{
			Channel: agentmsg.WhatsAppQR("+55"), SessionID: id, ExternalUserID: "u", KanbanID: agentmsg.KanbanID(id), Attachments: []agentmsg.Attachment{*file},
		})
		require.NoError(t, err)
		_, err = client.Sessions.PauseAI(ctx, id)
		require.NoError(t, err)
	}
	_, err = client.Channels.SendAgentMessage(ctx, "plain", "p", agentmsg.AgentMessageParams{Content: "hi", Attachments: []agentmsg.Attachment{*file}})
	require.NoError(t, err)
}

// vector is one of the golden bytes of the root module.
func vector(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../testdata/wire/" + name)
	require.NoError(t, err)
	return text
}
