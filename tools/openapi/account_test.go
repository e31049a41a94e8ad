package openapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// account is a mock with something of everything, behind a validator.
type account struct {
	t         *testing.T
	server    *mockserver.Server
	validator *validator

	message, conversation, fileKey, uploadURL, downloadURL string
}

// started is an account in memory.
func started(t *testing.T, all documents, s *seen, opts ...mockserver.Option) *account {
	t.Helper()
	created := agentmsg.EventTime{Time: time.Date(2025, 6, 15, 10, 30, 0, 0, time.UTC)}
	phone := agentmsg.PhoneNumber{ID: "1", DisplayPhoneNumber: "+55 21 99988-7766", VerifiedName: "Shop", QualityRating: "GREEN"}
	connection := agentmsg.Connection{
		ID: "c1", Name: "Phone", ConnectionType: "whatsapp_custom_app", BusinessAccountID: "1", TokenStatus: "active",
		PhoneNumbers: []agentmsg.PhoneNumber{phone}, WebhookURL: "https://app.test/hook", CreatedAt: created,
	}
	second, other := connection, connection
	second.ID, other.ID, other.ConnectionType = "c2", "c3", "telegram"
	server := mockserver.Start(t, append([]mockserver.Option{
		mockserver.WithConnections(connection, second, other),
		mockserver.WithKanbans(
			agentmsg.Kanban{ID: "sales", Name: "Sales", Description: "Leads", IsDefault: true, Fields: []agentmsg.KanbanField{{ID: "f", Name: "Email", Type: "email", Description: "Address"}}},
			agentmsg.Kanban{ID: "support", Name: "Support", Order: 1, Statuses: []agentmsg.KanbanStatus{{Value: "new", Label: "New", Color: "#1890ff"}}},
		),
	}, opts...)...)
	return &account{t: t, server: server, validator: &validator{server.Transport(), all, s}}
}

// furnish makes a session "s" with a message whose provider's id is "p", and a
// file, and a conversation.
func (a *account) furnish() *account {
	a.t.Helper()
	var receipt struct {
		UserMessage struct{ ID string }
	}
	a.into(&receipt, 200, "POST", "/messages", `{"content":"hi","fromChannelIdentifier":"support","sessionId":"s","externalUserId":"u","isEcho":true}`)
	a.message = receipt.UserMessage.ID
	a.into(nil, 200, "POST", "/sessions/s/messages/"+a.message+"/link", `{"providerMsgId":"p","setStatusToSent":true}`)
	var ticket struct{ UploadURL, FileKey string }
	a.into(&ticket, 200, "POST", "/messages/upload", `{"fileName":"a b.txt","contentType":"text/plain","size":5}`)
	a.fileKey, a.uploadURL = ticket.FileKey, ticket.UploadURL
	a.into(nil, 200, "PUT", a.uploadURL, "hello", "Content-Type", "text/plain")
	var link struct{ DownloadURL string }
	a.into(&link, 200, "GET", wire.DownloadURL.Route().Path(a.fileKey), "")
	a.downloadURL = link.DownloadURL
	var begun struct {
		Data struct {
			ConversationID string `json:"conversation_id"`
		}
	}
	a.into(&begun, 200, "POST", toConversation, `{"sender_id":"u","sender_type":"user","text":"hi"}`)
	a.conversation = begun.Data.ConversationID
	return a
}

// into has an exchange end with a status, and reads its answer.
func (a *account) into(answer any, status int, method, target, body string, headers ...string) {
	a.t.Helper()
	got, text := a.do(method, target, strings.NewReader(body), headers...)
	require.Equal(a.t, status, got, "%s %s %.200s: %s", method, target, body, text)
	if answer != nil {
		require.NoError(a.t, json.Unmarshal(text, answer))
	}
}

// do makes one exchange with the credential that its path asks for; headers are
// names and values, an empty value takes one away.
func (a *account) do(method, target string, body io.Reader, headers ...string) (int, []byte) {
	a.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = "http://mock.test" + target
	}
	r, err := http.NewRequestWithContext(a.t.Context(), method, target, body)
	require.NoError(a.t, err)
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
	}
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/storage/"):
	case strings.HasPrefix(path, "/api/v1/"):
		r.Header.Set(wire.HeaderAPIKey, mockserver.DefaultBluBashKey)
	case strings.HasPrefix(path, "/v1/"):
		r.Header.Set(wire.HeaderAuthorization, "Bearer "+mockserver.DefaultConversationsToken)
	default:
		r.Header.Set(wire.HeaderAuthorization, "Bearer "+mockserver.DefaultMAIAToken)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	r.Host = r.Header.Get("Host")
	answer, err := (&http.Client{Transport: a.validator}).Do(r)
	require.NoError(a.t, err)
	defer func() { require.NoError(a.t, answer.Body.Close()) }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(a.t, err)
	return answer.StatusCode, text
}

// call is a request that the mock takes.
type call struct {
	op                 wire.Op
	status             int
	method, path, body string
	headers            []string
}

const (
	toContact      = "/api/v1/channels/channel-blubash/messages"
	toConversation = "/v1/messages"
	toCustomer     = "/channels/channel-api/sessions/s/agent-messages"
	contactText    = `{"type":"TEXT","contactIdentifier":"c","content":{"text":{"body":"hi"}}}`
)

// calls are what a furnished account takes, each operation at least once.
func (a *account) calls() []call {
	file := `"attachments":[{"fileKey":"` + a.fileKey + `","fileName":"a b.txt","contentType":"text/plain","size":5}]`
	return []call{
		{wire.Send, 202, "POST", "/messages", `{"content":"hi","fromChannelIdentifier":"support","channelType":"api","sessionId":"s","sessionName":"n","externalUserId":"u","isEcho":false,"agentId":"agent-default","kanbanId":"sales"}`, nil},
		{wire.Send, 202, "POST", "/messages", `{"content":"","fromChannelIdentifier":"telegram","channelType":"telegram",` + file + `}`, nil},
		{wire.Echo, 200, "POST", "/messages", `{"content":"hi","fromChannelIdentifier":"support","externalUserId":"u","isEcho":true}`, nil},
		{wire.RequestUpload, 200, "POST", "/messages/upload", `{"fileName":"v.ogg","contentType":"audio/ogg; codecs=opus","size":26214400}`, nil},
		{wire.RequestUpload, 200, "POST", "/messages/upload", `{"fileName":"v.mp4","contentType":"video/mp4","size":52428800}`, nil},
		{wire.RequestUpload, 200, "POST", "/messages/upload", `{"fileName":"v.png","contentType":"image/png","size":10485760}`, nil},
		{wire.Put, 200, "PUT", a.uploadURL, "hello", []string{"Content-Type", "text/plain"}},
		{wire.DownloadURL, 200, "GET", wire.DownloadURL.Route().Path(a.fileKey), "", nil},
		{wire.DownloadURL, 200, "GET", "/attachments/" + strings.ReplaceAll(a.fileKey, "/", "%2F"), "", nil}, // as a generated client writes it
		{wire.Download, 200, "GET", a.downloadURL, "", nil},
		{wire.SendAgentMessage, 200, "POST", toCustomer, `{"content":"hi","externalUserId":"u","sessionName":"n","isNote":false,` + file + `}`, nil},
		{wire.SendAgentMessage, 200, "POST", strings.Replace(toCustomer, "/s/", "/a%2Fb%20c/", 1), `{"content":"hi"}`, nil},
		{wire.AddNote, 200, "POST", toCustomer, `{"content":"hi","isNote":true,"isNoteVisibleToAi":false,"attachments":[]}`, nil},
		{wire.AddNote, 200, "POST", toCustomer, `{"content":"` + strings.Repeat("é", 10_000) + `","isNote":true}`, nil},
		{wire.LinkMessage, 200, "POST", "/sessions/s/messages/" + a.message + "/link", `{"providerMsgId":"p"}`, nil},
		{wire.UpdateStatus, 200, "POST", "/sessions/s/messages/status", `{"providerMsgId":"p","status":"delivered"}`, nil},
		{wire.React, 200, "POST", "/sessions/s/messages/reactions", `{"providerMsgId":"p","action":"add","emoji":"👍"}`, nil},
		{wire.React, 200, "POST", "/sessions/s/messages/reactions", `{"providerMsgId":"p","action":"upsert"}`, nil},
		{wire.PauseAI, 200, "PATCH", "/sessions/s/ai-paused", `{"aiPaused":true}`, nil},
		{wire.ResumeAI, 200, "PATCH", "/sessions/s/ai-paused", `{"aiPaused":false}`, nil},
		{wire.ListKanbans, 200, "GET", "/kanbans?limit=1&accessible=true", "", nil},
		{wire.ListKanbans, 200, "GET", "/kanbans", "", nil},
		{wire.ListConnections, 200, "GET", "/connections?limit=1&type=whatsapp_custom_app", "", nil},
		{wire.ListConnections, 200, "GET", "/connections", "", nil},
		{wire.SendContactMessage, 200, "POST", toContact, contactText, []string{wire.HeaderIdempotencyKey, "k"}},
		{wire.SendContactMessage, 200, "POST", toContact, `{"type":"IMAGE","contactIdentifier":"c","contactName":"n","content":{"image":{"url":"http://x.test/y","caption":"z"}}}`, nil},
		{wire.SendContactMessage, 200, "POST", toContact, `{"type":"AUDIO","contactIdentifier":"c","contactName":"n","content":{"audio":{"url":"https://x.test/y"}}}`, nil},
		{wire.SendContactMessage, 200, "POST", toContact, `{"type":"VIDEO","contactIdentifier":"c","contactName":"n","content":{"video":{"url":"HTTPS://x.test/y","caption":"z"}}}`, nil},
		{wire.SendContactMessage, 200, "POST", toContact, `{"type":"DOCUMENT","contactIdentifier":"c","contactName":"n","content":{"document":{"url":"http://x.test/y","filename":"f","caption":"z"}}}`, nil},
		{wire.SendConversationMessage, 200, "POST", toConversation, `{"sender_id":"u","sender_type":"agent","text":"hi","reply_to_message_id":"m","metadata":{"a":[1,null]},"auto_reply":false}`, nil},
		{wire.SendConversationMessage, 200, "POST", toConversation, `{"sender_id":"u","sender_type":"system","text":"hi","conversation_id":"` + a.conversation + `"}`, nil},
	}
}
