package agentmsg_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/stretchr/testify/require"
)

// An id may be any string: whatever it holds, it stays one element of the path.
const (
	oddID   = "a/b c?d%é#"
	oddPath = "a%2Fb%20c%3Fd%25%C3%A9%23"
)

const (
	maiaHost    = "https://api.maiacompany.io"
	blubashHost = "https://api.blubash.io"
)

// wireShapes are one call of each operation with every parameter that it has,
// and the request byte for byte. The exchanges with a storage are
// storageShapes.
var wireShapes = []struct {
	op                wire.Op
	call              wireCall
	method, url, body string
}{
	{wire.Send, callSend(agentmsg.SendMessageParams{
		Channel: agentmsg.WhatsAppQR("+55 21"), Content: "olá\n", SessionID: oddID, SessionName: "n", ExternalUserID: "u",
		Attachments: []agentmsg.Attachment{{FileKey: "k", FileName: "f", ContentType: "audio/ogg; codecs=opus", Size: 1}}, AgentID: "a", KanbanID: "b",
	}), "POST", maiaHost + "/messages", `{"fromChannelIdentifier":"+55 21","channelType":"whatsapp_no","content":"olá\n","sessionId":"` + oddID +
		`","sessionName":"n","externalUserId":"u","attachments":[{"fileKey":"k","fileName":"f","contentType":"audio/ogg; codecs=opus","size":1}],"agentId":"a","kanbanId":"b"}`},
	{wire.Echo, callEcho(agentmsg.EchoParams{
		Channel: agentmsg.APIChannel("support"), ExternalUserID: "u", SessionID: "s", SessionName: "n", Attachments: []agentmsg.Attachment{{FileKey: "k"}},
	}), "POST", maiaHost + "/messages", `{"fromChannelIdentifier":"support","channelType":"api","content":"","externalUserId":"u","sessionId":"s","sessionName":"n",` +
		`"attachments":[{"fileKey":"k","fileName":"","contentType":"","size":0}],"isEcho":true}`},
	{
		wire.RequestUpload, callRequestUpload(agentmsg.RequestUploadParams{FileName: `voz "1" é.ogg`, ContentType: "audio/ogg; codecs=opus", Size: 256000}),
		"POST", maiaHost + "/messages/upload", `{"fileName":"voz \"1\" é.ogg","contentType":"audio/ogg; codecs=opus","size":256000}`,
	},
	{ // the key's slashes stay, and it begins as the route does
		wire.DownloadURL, callDownloadURL("attachments/acc/a b?%é#.jpg"),
		"GET", maiaHost + "/attachments/attachments/acc/a%20b%3F%25%C3%A9%23.jpg", "",
	},
	{
		wire.SendAgentMessage, callSendAgentMessage("c/1", oddID, agentmsg.AgentMessageParams{Content: "hi", ExternalUserID: "u", SessionName: "n"}),
		"POST", maiaHost + "/channels/c%2F1/sessions/" + oddPath + "/agent-messages", `{"content":"hi","externalUserId":"u","sessionName":"n"}`,
	},
	{
		wire.AddNote, callAddNote("c/1", oddID, agentmsg.NoteParams{Content: "olá"}), // a false is on the wire
		"POST", maiaHost + "/channels/c%2F1/sessions/" + oddPath + "/agent-messages", `{"content":"olá","isNote":true,"isNoteVisibleToAi":false}`,
	},
	{
		wire.LinkMessage, callLink("s/1", oddID, agentmsg.LinkMessageParams{ProviderMsgID: "p"}),
		"POST", maiaHost + "/sessions/s%2F1/messages/" + oddPath + "/link", `{"providerMsgId":"p","setStatusToSent":false}`,
	},
	{
		wire.UpdateStatus, callUpdateStatus(oddID, agentmsg.UpdateStatusParams{ProviderMsgID: "p", Status: agentmsg.StatusRead}),
		"POST", maiaHost + "/sessions/" + oddPath + "/messages/status", `{"providerMsgId":"p","status":"read"}`,
	},
	{
		wire.React, callReact(oddID, agentmsg.ReactParams{ProviderMsgID: "p", Action: agentmsg.ReactionUpsert}),
		"POST", maiaHost + "/sessions/" + oddPath + "/messages/reactions", `{"providerMsgId":"p","action":"upsert"}`,
	},
	{wire.PauseAI, callPauseAI("s-1"), "PATCH", maiaHost + "/sessions/s-1/ai-paused", `{"aiPaused":true}`},
	{wire.ResumeAI, callResumeAI(oddID), "PATCH", maiaHost + "/sessions/" + oddPath + "/ai-paused", `{"aiPaused":false}`},
	{
		wire.ListKanbans, callListKanbans(agentmsg.ListKanbansParams{Limit: 5, NextToken: "a b&c=é", Accessible: true}),
		"GET", maiaHost + "/kanbans?accessible=true&limit=5&nextToken=a+b%26c%3D%C3%A9", "",
	},
	{
		wire.ListConnections, callListConnections(agentmsg.ListConnectionsParams{Type: "whatsapp_custom_app", Limit: 1, NextToken: "t+/="}),
		"GET", maiaHost + "/connections?limit=1&nextToken=t%2B%2F%3D&type=whatsapp_custom_app", "",
	},
	{
		wire.SendContactMessage, callContact(oddID, agentmsg.ContactMessageParams{ContactContent: agentmsg.ContactText("hi"), ContactIdentifier: "c", ContactName: "n"}),
		"POST", blubashHost + "/api/v1/channels/" + oddPath + "/messages", `{"type":"TEXT","content":{"text":{"body":"hi"}},"contactIdentifier":"c","contactName":"n"}`,
	},
	{wire.SendConversationMessage, callConversation(agentmsg.ConversationMessageParams{
		ConversationID: "c", SenderID: "i", SenderType: agentmsg.SenderAgent, Text: "hi", ReplyToMessageID: "m", Metadata: map[string]any{"n": 1}, AutoReply: new(false),
	}), "POST", "https://conversations.example/v1/messages",
		`{"conversation_id":"c","sender_id":"i","sender_type":"agent","text":"hi","reply_to_message_id":"m","metadata":{"n":1},"auto_reply":false}`},
}

func TestShapeOfEveryOperation(t *testing.T) {
	t.Parallel()
	var rows []wire.Op
	for _, row := range wireShapes {
		rows = append(rows, row.op)
		t.Run(row.op.Name(), func(t *testing.T) {
			t.Parallel()
			client, recorder := wireClient(t, http.StatusOK, anyAnswer)
			_, err := row.call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, []agentmsg.Op{agentmsg.Op(row.op.Name())}, recorder.ops)
			sent := recorder.only(t)
			sent.requireShape(t, row.method, row.url, row.body)
			sent.requireHeaders(t, agentmsg.API(row.op.API()), row.op == wire.SendContactMessage)
		})
	}
	for _, row := range storageShapes {
		rows = append(rows, row.op)
	}
	require.ElementsMatch(t, wire.Ops(), rows, "an operation has no row, or two")
}

// requireShape compares everything but the headers.
func (s wireSent) requireShape(t *testing.T, method, address, body string) {
	t.Helper()
	require.Equal(t, method, s.Method)
	require.Equal(t, address, s.url)
	require.Equal(t, body, s.body)
	u, err := url.Parse(address)
	require.NoError(t, err)
	require.Equal(t, u.Host, s.Host)
	require.Equal(t, u.RequestURI(), s.RequestURI)
	require.Empty(t, s.TransferEncoding)
	require.Equal(t, int64(len(body)), s.ContentLength)
}

// requireHeaders knows every header that there may be: one more could be a
// credential of another API.
func (s wireSent) requireHeaders(t *testing.T, api agentmsg.API, keyed bool) {
	t.Helper()
	want := http.Header{"Accept": {"application/json"}, "User-Agent": {"agentmsg-go/" + agentmsg.Version}}
	switch api {
	case agentmsg.MAIA:
		want.Set("Authorization", "Bearer maia-token")
	case agentmsg.BluBash:
		want.Set("X-API-Key", "blubash-key")
	case agentmsg.Conversations:
		want.Set("Authorization", "Bearer conversations-token")
	}
	if s.body != "" {
		want.Set("Content-Type", "application/json")
		want.Set("Content-Length", strconv.Itoa(len(s.body)))
	}
	got := maps.Clone(s.Header)
	if keyed {
		require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, strings.Join(got["X-Idempotency-Key"], " and "))
		delete(got, "X-Idempotency-Key")
	}
	require.Equal(t, want, got)
}

func TestShapeOfUserAgent(t *testing.T) {
	t.Parallel()
	client, recorder := wireClient(t, http.StatusOK, anyAnswer, agentmsg.WithUserAgent("myapp/1.2"))
	_, err := client.Sessions.PauseAI(t.Context(), "s")
	require.NoError(t, err)
	require.Equal(t, "myapp/1.2 agentmsg-go/"+agentmsg.Version, recorder.only(t).UserAgent())
}

func TestShapeOfIdempotencyKeys(t *testing.T) {
	t.Parallel()
	client, recorder := wireClient(t, http.StatusOK, anyAnswer)
	for _, opts := range [][]agentmsg.CallOption{nil, nil, {agentmsg.WithIdempotencyKey("mine 1")}} {
		_, err := callContact("channel", validContact)(t.Context(), client, opts...)
		require.NoError(t, err)
	}
	require.Len(t, recorder.sent, 3)
	recorder.sent[0].requireHeaders(t, agentmsg.BluBash, true)
	recorder.sent[1].requireHeaders(t, agentmsg.BluBash, true)
	require.NotEqual(t, recorder.sent[0].Header["X-Idempotency-Key"], recorder.sent[1].Header["X-Idempotency-Key"], "two calls are two messages")
	require.Equal(t, []string{"mine 1"}, recorder.sent[2].Header["X-Idempotency-Key"])
}

func TestShapeBelowABase(t *testing.T) {
	t.Parallel()
	for base, below := range map[string]string{
		"http://gateway.example":             "http://gateway.example",
		"https://gateway.example:8443/":      "https://gateway.example:8443",
		"https://gateway.example/one/two":    "https://gateway.example/one/two",
		"https://gateway.example/one/two///": "https://gateway.example/one/two",
		"https://gateway.example/o%2Fne/":    "https://gateway.example/o%2Fne",
		"https://gateway.example/é/":         "https://gateway.example/%C3%A9",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			client, recorder := wireClient(t, http.StatusOK, anyAnswer, agentmsg.WithConversations(base, "conversations-token"),
				agentmsg.WithBaseURL(agentmsg.MAIA, base), agentmsg.WithBaseURL(agentmsg.BluBash, base))
			for i, row := range wireShapes {
				_, err := row.call(t.Context(), client)
				require.NoError(t, err)
				path := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(row.url, maiaHost), blubashHost), "https://conversations.example/v1")
				recorder.sent[i].requireShape(t, row.method, below+path, row.body)
			}
		})
	}
}

func TestShapeOfDo(t *testing.T) {
	t.Parallel()
	raw := json.RawMessage(`{"b":1.0,"a":[null]}`)
	for _, row := range []struct {
		request   agentmsg.Request
		url, body string
	}{
		{agentmsg.Request{API: agentmsg.MAIA, Method: "GET"}, maiaHost, ""},
		{agentmsg.Request{
			API: agentmsg.MAIA, Method: "GET", Path: []string{"kanbans", oddID}, Query: url.Values{"nextToken": {"a b&c="}, "limit": {"5", "6"}},
		}, maiaHost + "/kanbans/" + oddPath + "?limit=5&limit=6&nextToken=a+b%26c%3D", ""},
		{agentmsg.Request{API: agentmsg.BluBash, Method: "PUT", Path: []string{"api", "v2", "x"}, Body: raw}, blubashHost + "/api/v2/x", string(raw)},
		{agentmsg.Request{API: agentmsg.Conversations, Method: "DELETE", Path: []string{"m", "..."}}, "https://conversations.example/v1/m/...", ""},
		{agentmsg.Request{API: agentmsg.MAIA, Method: "PATCH", Path: []string{"x"}, Body: []string{"é"}}, maiaHost + "/x", `["é"]`},
	} {
		t.Run(row.request.Method+" "+row.url, func(t *testing.T) {
			t.Parallel()
			client, recorder := wireClient(t, http.StatusOK, " [1] ")
			got, err := agentmsg.Do[json.RawMessage](t.Context(), client, row.request)
			require.NoError(t, err)
			require.Equal(t, " [1] ", string(*got), "the body comes as it is")
			sent := recorder.only(t)
			sent.requireShape(t, row.request.Method, row.url, row.body)
			sent.requireHeaders(t, row.request.API, false)
		})
	}
}
