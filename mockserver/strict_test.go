package mockserver_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// What a client gets wrong must not pass, and the answer names it.
func TestStrictIn(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	many := strings.Repeat(`{"fileKey":"k","fileName":"f","contentType":"t","size":1},`, 11)
	for _, row := range []struct{ path, body, says string }{
		{"/messages", `{"content":"hi","fromChannelIdentifer":"support"}`, `\"fromChannelIdentifer\" is not documented`},
		{"/messages", `{"content":"hi","fromchannelidentifier":"support"}`, `must be written \"fromChannelIdentifier\"`},
		{"/messages", message(`"content":"again"`), `\"content\" is given twice`},
		{"/messages", message(`"attachments":[{"fileKey":"k","filename":"f"}]`), `\"attachments.filename\" must be written \"attachments.fileName\"`},
		{"/messages", message(`"externalUserId":7`), `\"externalUserId\" must not be a number`},
		{"/messages", message(`"content":"x"`)[:20], "not JSON"},
		{"/messages", message() + `{}`, "bytes after"},
		{"/messages", message() + `x`, "bytes after"},
		{"/messages", `[` + message() + `]`, "must be a JSON object"},
		{"/messages", `null`, "must be a JSON object"},
		{"/messages", ``, "the body is empty"},
		{"/messages", `{"fromChannelIdentifier":"support"}`, "content or attachments required"},
		{"/messages", `{"content":"","fromChannelIdentifier":"support","attachments":[]}`, "content or attachments required"},
		{"/messages", `{"content":"hi"}`, "fromChannelIdentifier required"},
		{"/messages", message(`"isEcho":true`), "externalUserId required"},
		{"/messages", message(`"attachments":[` + strings.TrimSuffix(many, ",") + `]`), "at most 10"},
		{"/messages", message(`"attachments":[{"fileKey":"k","fileName":"f","contentType":"t","size":104857601}]`), "100 MB"},
		{"/messages", message(`"attachments":[{"fileKey":"k","fileName":"f","contentType":"t","size":1}]`), "no file was uploaded"},
		{agentMessages, `{"attachments":[]}`, "content or attachments required"},
		{agentMessages, `{"content":"hi","isHumanReply":true}`, `\"isHumanReply\" is not documented`},
		{contacts, `{"contactIdentifier":"c","type":"TEXT"}`, "content.text required"},
		{contacts, `{"contactIdentifier":"c","type":"text","content":{"text":{"body":"hi"}}}`, "type must be one of"},
		{contacts, `{"contactIdentifier":"c","type":"TEXT","content":{"text":{"body":""}}}`, "content.text.body required"},
		{contacts, `{"contactIdentifier":"c","type":"TEXT","content":{"text":{"body":"hi"},"image":{"url":"http://x/"}}}`, "no member but text"},
		{contacts, `{"contactIdentifier":"c","type":"IMAGE","content":{"text":{"body":"hi"}}}`, "content.image required"},
		{contacts, `{"contactIdentifier":"c","type":"IMAGE","content":{"image":{"url":"ftp://x/y"}}}`, "must be http or https"},
		{contacts, `{"type":"TEXT","content":{"text":{"body":"hi"}}}`, "contactIdentifier required"},
		{contacts, `{"contactIdentifier":"c","type":"AUDIO","content":{"audio":{"url":"http://x/y","caption":""}}}`, `\"content.audio.caption\" is not documented`},
		{contacts, `{"contactIdentifier":"c","type":"AUDIO","content":{"audio":{"url":"http://x/y","filename":"f"}}}`, `\"content.audio.filename\" is not documented`},
		{contacts, `{"contactIdentifier":"c","type":"IMAGE","content":{"image":{"url":"http://x/y","filename":"f"}}}`, `\"content.image.filename\" is not documented`},
		{contacts, `{"contactIdentifier":"c","type":"VIDEO","content":{"video":{"url":"http://x/y","filename":"f"}}}`, `\"content.video.filename\" is not documented`},
		{conversation, `{"sender_id":"u","sender_type":"user"}`, "Field 'text' is required."},
		{conversation, `{"sender_id":"u","text":"hi"}`, "Field 'sender_type' is required."},
		{conversation, `{"sender_type":"user","text":"hi"}`, "Field 'sender_id' is required."},
		{conversation, `{"sender_id":"u","sender_type":"robot","text":"hi"}`, "sender_type"},
		{conversation, `{"sender_id":"u","sender_type":"user","text":"hi","metadata":{"a":1,"a":2}}`, `\"metadata.a\" is given twice`},
		{conversation, `{"sender_id":"u","sender_type":"user","text":"hi","metadata":` + strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200) + `}`, "too deep"},
	} {
		require.Contains(t, post(t, s, row.path, row.body, http.StatusBadRequest), row.says, row.body)
	}
	require.Empty(t, s.Sessions(), "nothing of it is stored")
}

func TestNullIsAbsent(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	post(t, s, "/messages", message(`"externalUserId":null`, `"attachments":null`, `"agentId":null`, `"isEcho":null`), http.StatusAccepted)
	post(t, s, conversation, `{"sender_id":"u","sender_type":"user","text":"hi","conversation_id":null,"metadata":null,"auto_reply":null}`, http.StatusOK)
}

func TestTooLargeABody(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	for spaces, status := range map[int]int{10<<20 + 1: http.StatusRequestEntityTooLarge, 10<<20 + 1 - len(message()): http.StatusRequestEntityTooLarge, 10<<20 - len(message()): http.StatusAccepted} {
		body := strings.Repeat(" ", spaces) + message()
		post(t, s, "/messages", body, status)
		for _, chunk := range []int{1000, 4096, 1 << 20} { // the end comes with the last bytes
			r := httptest.NewRequest(http.MethodPost, "/messages", iotest.DataErrReader(&chunks{body, chunk}))
			r.Header.Set("Authorization", "Bearer "+mockserver.DefaultMAIAToken)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			require.Equal(t, status, w.Code, "%d bytes, %d at a time", len(body), chunk)
		}
	}
}

// chunks is a body that comes in parts of a size.
type chunks struct {
	rest string
	size int
}

// Read implements io.Reader.
func (c *chunks) Read(b []byte) (int, error) {
	if c.rest == "" {
		return 0, io.EOF
	}
	n := copy(b, c.rest[:min(len(c.rest), c.size)])
	c.rest = c.rest[n:]
	return n, nil
}

func TestChannelMustFit(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	answer := post(t, s, "/messages", `{"content":"hi","fromChannelIdentifier":"whatsapp_no"}`, http.StatusNotFound)
	require.Contains(t, answer, "channelType is api, but the channel whatsapp_no is of type whatsapp_no")
	require.Contains(t, post(t, s, "/messages", `{"content":"hi","fromChannelIdentifier":"none"}`, http.StatusNotFound), "no channel has the identifier none")
}

// Each API refuses in its own words.
func TestRefusalsOnTheWire(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	const contact = `{"contactIdentifier":"c","type":"TEXT","content":{"text":{"body":"hi"}}}`
	for _, row := range []struct {
		path, body string
		headers    []string
		status     int
		answer     string
	}{
		{"/messages", message(), []string{"Authorization", ""}, 401, `{"error":"Unauthorized","message":"Invalid or missing API token"}`},
		{"/messages", message(), []string{"Authorization", "Bearer wrong"}, 401, `{"error":"Unauthorized","message":"Invalid or missing API token"}`},
		{"/messages", message(), []string{"Authorization", "Basic " + mockserver.DefaultMAIAToken}, 401, `{"error":"Unauthorized","message":"Invalid or missing API token"}`},
		{"/messages", `{"fromChannelIdentifier":"support"}`, nil, 400, `{"error":"Bad Request","message":"content or attachments required"}`},
		{"/messages", message(), []string{"Content-Type", "text/plain"}, 400, `{"error":"Bad Request","message":"Content-Type must be application/json"}`},
		{"/messages", message(), []string{"Content-Type", ""}, 400, `{"error":"Bad Request","message":"Content-Type must be application/json"}`},
		{contacts, contact, []string{"X-API-Key", ""}, 401, `{"error":"Unauthorized","message":"Invalid or missing API key"}`},
		{"/api/v1/channels/none/messages", contact, nil, 404, `{"error":"Not Found","message":"Channel not found"}`},
		{conversation, `{}`, []string{"Authorization", "Bearer " + mockserver.DefaultMAIAToken}, 401, `{"status":"error","message":"Invalid or expired token.","data":null}`},
		{conversation, `{"sender_id":"u","sender_type":"user"}`, nil, 400, `{"status":"error","message":"Field 'text' is required.","data":null}`},
		{conversation, `{"sender_id":"u","sender_type":"user","text":"hi","conversation_id":"con_x"}`, nil, 404, `{"status":"error","message":"Conversation not found: con_x.","data":null}`},
	} {
		status, answer := exchange(s, http.MethodPost, row.path, row.body, row.headers...)
		require.Equal(t, fmt.Sprint(row.status, row.answer), fmt.Sprint(status, answer), "%s %v", row.path, row.headers)
	}
	for _, scheme := range []string{"bearer ", "BEARER ", "Bearer  "} {
		status, _ := exchange(s, http.MethodPost, "/messages", message(), "Authorization", scheme+mockserver.DefaultMAIAToken, "Content-Type", "Application/JSON; charset=utf-8")
		require.Equal(t, http.StatusAccepted, status, scheme)
	}
}

// An account has one MAIA token: a new one revokes the old at once.
func TestRevokedToken(t *testing.T) {
	t.Parallel()
	s := mockserver.Start(t)
	old := s.Client()
	s.SetCredentials(mockserver.Credentials{MAIAToken: "second"})
	err := send(t.Context(), old, "s", "hi")
	require.ErrorIs(t, err, agentmsg.ErrTokenRevoked)
	require.ErrorIs(t, err, agentmsg.ErrUnauthorized)
	require.NoError(t, send(t.Context(), s.Client(), "s", "hi"))
	status, _ := exchange(s, http.MethodPost, conversation, `{"sender_id":"u","sender_type":"user","text":"hi"}`)
	require.Equal(t, http.StatusOK, status, "the others stay")
}
