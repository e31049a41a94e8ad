package agentmsg_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

func maiaVector(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "wire", "maia", name))
	require.NoError(tb, err)
	return body
}

// parsed is ParseEvent of what must be an event.
func parsed(tb testing.TB, body string) agentmsg.Event {
	tb.Helper()
	event, err := agentmsg.ParseEvent([]byte(body))
	require.NoError(tb, err, "%s", body)
	return event
}

func jsonOf(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	require.NoError(tb, err)
	return string(b)
}

// requireSameEvent compares kind and members, and leaves out the raw bytes.
func requireSameEvent(tb testing.TB, want, got agentmsg.Event, about string) {
	tb.Helper()
	require.IsType(tb, want, got, about)
	require.Equal(tb, want.EventType(), got.EventType(), about)
	require.Equal(tb, want.Session(), got.Session(), about)
	require.Equal(tb, jsonOf(tb, want), jsonOf(tb, got), about)
}

func TestEventVectorsLoseNothing(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]agentmsg.Event{
		"webhook_channel_message_v1.json":            &agentmsg.MessageEvent{},
		"webhook_channel_message_v2.json":            &agentmsg.MessageEvent{},
		"webhook_channel_message_v2.signed-body.txt": &agentmsg.MessageEvent{},
		"webhook_crm_field_update.json":              &agentmsg.FieldUpdateEvent{},
		"webhook_crm_field_update.signed-body.txt":   &agentmsg.FieldUpdateEvent{},
		"webhook_crm_record_created.PARTIAL.json":    &agentmsg.RecordCreatedEvent{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := maiaVector(t, name)
			event, err := agentmsg.ParseEvent(body)
			require.NoError(t, err)
			require.IsType(t, kind, event)

			var want, got map[string]any
			require.NoError(t, json.Unmarshal(body, &want))
			require.NoError(t, json.Unmarshal([]byte(jsonOf(t, event)), &got))
			if _, message := event.(*agentmsg.MessageEvent); message && want["direction"] == nil {
				want["direction"] = "outgoing" // absent means that
			}
			require.Equal(t, want, got)
			require.Equal(t, string(bytes.TrimSpace(body)), string(event.Raw()))
		})
	}
}

func TestParseEventReadsEveryMember(t *testing.T) {
	t.Parallel()
	at := agentmsg.EventTime{Time: time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC)}

	message, ok := parsed(t, string(maiaVector(t, "webhook_channel_message_v1.json"))).(*agentmsg.MessageEvent)
	require.True(t, ok)
	require.Equal(t, agentmsg.EventMessage, message.EventType())
	require.Equal(t, agentmsg.ChannelID("550e8400-e29b-41d4-a716-446655440000"), message.ChannelID)
	require.Equal(t, "+5511999999999", message.ChannelIdentifier)
	require.Equal(t, agentmsg.AgentID("7c9e6679-7425-40de-944b-e07fc1f90ae7"), message.AgentID)
	require.Equal(t, agentmsg.SessionID("f47ac10b-58cc-4372-a567-0e02b2c3d479"), message.SessionID)
	require.Equal(t, agentmsg.MessageID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), message.MessageID)
	require.Equal(t, "Hello! How can I assist you today?", message.Response)
	require.Equal(t, at, message.Timestamp)
	require.Equal(t, agentmsg.DirectionOutgoing, message.Direction)
	require.Equal(t, []agentmsg.EventAttachment{{
		ID: "attachment-uuid", URL: "https://presigned-url.example.com/file.pdf",
		Type: "document", Size: 102400, MimeType: "application/pdf",
	}}, message.Attachments)

	update, ok := parsed(t, string(maiaVector(t, "webhook_crm_field_update.json"))).(*agentmsg.FieldUpdateEvent)
	require.True(t, ok)
	require.Equal(t, agentmsg.EventFieldUpdate, update.EventType())
	require.Equal(t, agentmsg.SessionID("session_xyz789"), update.Session())
	require.JSONEq(t, `"new@example.com"`, string(update.NewValue))
	require.Equal(t, at, update.UpdatedAt)

	created, ok := parsed(t, string(maiaVector(t, "webhook_crm_record_created.PARTIAL.json"))).(*agentmsg.RecordCreatedEvent)
	require.True(t, ok)
	require.Equal(t, agentmsg.EventRecordCreated, created.EventType())
	require.Empty(t, created.Session())
	require.Len(t, created.CustomFields, 2)
	require.JSONEq(t, `"+1234567890"`, string(created.CustomFields["field_1704067200002_abc456"]))
	require.Equal(t, []string{"user_abc123"}, created.AssignedUserIDs)
	require.Equal(t, at, created.CreatedAt)
}

func TestRawIsWhatCame(t *testing.T) {
	t.Parallel()
	for _, test := range tolerated {
		raw := parsed(t, test.body).Raw()
		require.Equal(t, strings.Trim(strings.TrimPrefix(test.body, "\uFEFF"), " \t\r\n"), string(raw), test.name)
		require.True(t, json.Valid(raw), test.name)
	}
}

func TestRawIsNobodysToChange(t *testing.T) {
	t.Parallel()
	const text = `{"eventType":"ai_pause","sessionId":"s"}`
	body := []byte(text)
	event, err := agentmsg.ParseEvent(body)
	require.NoError(t, err)
	key := event.DedupeKey()

	clear(body)
	require.Equal(t, text, string(event.Raw()))
	clear(event.Raw())
	require.Equal(t, text, string(event.Raw()))
	pause, ok := event.(*agentmsg.AIPauseEvent)
	require.True(t, ok)
	pause.SessionID = "other"
	require.Equal(t, text, string(pause.Raw()))
	dup := *pause
	require.Equal(t, text, string(dup.Raw()))
	require.Equal(t, key, event.DedupeKey())
}

// builtByHand has one event of each kind, with something secret in every
// member that logs leave out.
func builtByHand() []agentmsg.Event {
	return []agentmsg.Event{
		&agentmsg.MessageEvent{
			ChannelID: "c", ChannelIdentifier: "hidden-channel", AgentID: "a", SessionID: "s", MessageID: "m", Response: "hidden-text",
			Timestamp: agentmsg.EventTime{Time: time.UnixMilli(1705314600000).UTC()}, Direction: agentmsg.DirectionIncoming,
			ExternalUserID: "hidden-user", Attachments: []agentmsg.EventAttachment{{ID: "i", URL: "https://files.test/?sig=hidden", Size: 1}},
		},
		&agentmsg.FieldUpdateEvent{
			RecordID: "r", KanbanID: "k", KanbanName: "n", ExternalUserID: "hidden-user", FieldName: "Email",
			PreviousValue: json.RawMessage(`"hidden-old"`), NewValue: json.RawMessage(`"hidden-new"`), SessionID: "s",
		},
		&agentmsg.RecordCreatedEvent{
			RecordID: "r", Title: "hidden-title", ExternalUserID: "hidden-user",
			CustomFields: map[string]json.RawMessage{"f": json.RawMessage(`"hidden-value"`)}, SessionID: "s",
		},
		&agentmsg.RecordDeletedEvent{RecordID: "r", KanbanID: "k", SessionID: "s"},
		&agentmsg.AIPauseEvent{SessionID: "s", AIPaused: new(false)},
		&agentmsg.UnknownEvent{Type: "note_created", SessionID: "s"},
	}
}

func TestRawOfAnEventBuiltByHandIsItsJSON(t *testing.T) {
	t.Parallel()
	for _, event := range builtByHand() {
		require.JSONEq(t, jsonOf(t, event), string(event.Raw()))
		again := parsed(t, string(event.Raw()))
		requireSameEvent(t, event, again, jsonOf(t, event))
		require.Equal(t, event.DedupeKey(), again.DedupeKey())
	}
	require.JSONEq(t, `{"channelId":"","channelIdentifier":"","agentId":"","sessionId":"","messageId":"","response":""}`, string((&agentmsg.MessageEvent{}).Raw()))
	require.JSONEq(t, `{"eventType":"crm_field_update","recordId":"","kanbanId":"","kanbanName":"","externalUserId":"","fieldName":"","fieldType":"","updatedBy":""}`, string((&agentmsg.FieldUpdateEvent{}).Raw()))
	require.JSONEq(t, `{"eventType":"crm_record_created","recordId":"","kanbanId":"","kanbanName":"","externalUserId":"","title":"","status":"","createdBy":""}`, string((&agentmsg.RecordCreatedEvent{}).Raw()))
	require.JSONEq(t, `{"eventType":"crm_record_deleted"}`, string((&agentmsg.RecordDeletedEvent{}).Raw()))
	require.JSONEq(t, `{"eventType":"ai_pause","aiPaused":false}`, string((&agentmsg.AIPauseEvent{AIPaused: new(false)}).Raw()))
	require.Nil(t, (&agentmsg.FieldUpdateEvent{NewValue: json.RawMessage("{")}).Raw())
}

func TestDedupeKey(t *testing.T) {
	t.Parallel()
	key := func(body string) string { return parsed(t, body).DedupeKey() }
	isHash := func(key string) { require.Regexp(t, "^sha256:[0-9a-f]{64}$", key) }

	require.Equal(t, "m", key(`{"messageId":"m","response":"a"}`))
	require.Equal(t, "m", key(`{"messageId":"m","response":"b"}`))
	isHash(key(`{"response":"a"}`))
	isHash(key(`{"messageId":"","response":"a"}`))
	isHash(key(`{"messageId":null,"response":"a"}`))
	require.NotEqual(t, key(`{"response":"a"}`), key(`{"response":"b"}`))
	require.Equal(t, key(`{"response":"a"}`), key(" {\"response\":\"a\"}\n"))
	require.Equal(t, "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", key(`{}`))

	for _, body := range []string{
		`{"eventType":"note_created","messageId":"m"}`,
		`{"messageId":"m","response":7}`,
		`{"messageId":"m","sessionId":7}`,
		`{"eventType":"crm_field_update","messageId":"m"}`,
		`{"eventType":"crm_record_created","messageId":"m"}`,
		`{"eventType":"crm_record_deleted","messageId":"m"}`,
		`{"eventType":"ai_pause","messageId":"m"}`,
	} {
		isHash(key(body))
	}
}

// A value case in a type switch must not compile, and the redaction must hold
// for copies.
func TestEventMethodsAreOnThePointer(t *testing.T) {
	t.Parallel()
	for _, event := range builtByHand() {
		value := reflect.TypeOf(event).Elem()
		require.False(t, value.Implements(reflect.TypeFor[agentmsg.Event]()), value)
		for i := range value.NumMethod() {
			require.Contains(t, []string{"Format", "LogValue"}, value.Method(i).Name, value)
		}
		require.Equal(t, 2, value.NumMethod(), value)
	}
}
