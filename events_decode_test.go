package agentmsg_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// message is a MessageEvent as ParseEvent leaves it without a direction.
func message(m agentmsg.MessageEvent) *agentmsg.MessageEvent {
	m.Direction = agentmsg.DirectionOutgoing
	return &m
}

// A signed JSON object is always delivered: a refusal would lose it.
var tolerated = []struct {
	name, body string
	want       agentmsg.Event
}{
	{"nothing in it", `{}`, message(agentmsg.MessageEvent{})},
	{"unknown members", `{"messageId":"m","new":{"sessionId":7},"also":[1]}`, message(agentmsg.MessageEvent{MessageID: "m"})},
	{"null members", `{"sessionId":null,"messageId":null,"response":null,"timestamp":null,"direction":null,"attachments":null,"eventType":null}`, message(agentmsg.MessageEvent{})},
	{"empty direction", `{"direction":""}`, message(agentmsg.MessageEvent{})},
	{"new direction", `{"direction":"sideways"}`, &agentmsg.MessageEvent{Direction: "sideways"}},
	{"incoming", `{"direction":"incoming","externalUserId":"u"}`, &agentmsg.MessageEvent{Direction: agentmsg.DirectionIncoming, ExternalUserID: "u"}},
	{"damaged UTF-8", "{\"response\":\"a\xffb\"}", message(agentmsg.MessageEvent{Response: "a\uFFFDb"})},
	{"lone surrogate", `{"response":"\ud800"}`, message(agentmsg.MessageEvent{Response: "\uFFFD"})},
	{"byte order mark", "\uFEFF{\"response\":\"a\"}", message(agentmsg.MessageEvent{Response: "a"})},
	{"mark and white space", "\uFEFF \r\n\t{\"response\":\"a\"}\n", message(agentmsg.MessageEvent{Response: "a"})},
	{"repeated member", `{"response":"a","response":"b"}`, message(agentmsg.MessageEvent{Response: "b"})},
	{"an eventType in the text", `{"response":"\"eventType\":\"ai_pause\""}`, message(agentmsg.MessageEvent{Response: `"eventType":"ai_pause"`})},
	{"an eventType further down", `{"x":{"eventType":"ai_pause"},"response":"a"}`, message(agentmsg.MessageEvent{Response: "a"})},
	{"the type of a message", `{"eventType":"message","response":"a"}`, message(agentmsg.MessageEvent{Response: "a"})},

	{"direction of a wrong type", `{"direction":7,"response":"a"}`, message(agentmsg.MessageEvent{Response: "a"})},
	{"repeated direction, the last wrong", `{"direction":"incoming","direction":7}`, message(agentmsg.MessageEvent{})},
	{"other members of a wrong type", `{"channelId":1,"agentId":{},"timestamp":[],"attachments":{},"externalUserId":true,"response":"a"}`, message(agentmsg.MessageEvent{Response: "a"})},
	{"null beside a wrong type", `{"eventType":null,"sessionId":null,"messageId":null,"response":null,"direction":null,"channelId":7}`, message(agentmsg.MessageEvent{})},
	{"attachment members of a wrong type", `{"attachments":[{"id":1,"url":"u","type":[],"size":"9","mimeType":"m"},7,null]}`, message(agentmsg.MessageEvent{Attachments: []agentmsg.EventAttachment{{URL: "u", MimeType: "m"}, {}, {}}})},
	{"a size beyond 64 bits", `{"attachments":[{"size":1e300}]}`, message(agentmsg.MessageEvent{Attachments: []agentmsg.EventAttachment{{}}})},
	{"response of a wrong type", `{"sessionId":"s","response":7}`, &agentmsg.UnknownEvent{SessionID: "s"}},
	{"response of a wrong type after others", `{"sessionId":"s","channelId":7,"response":[]}`, &agentmsg.UnknownEvent{SessionID: "s"}},
	{"messageId of a wrong type", `{"sessionId":"s","messageId":7}`, &agentmsg.UnknownEvent{SessionID: "s"}},
	{"sessionId of a wrong type", `{"sessionId":7,"messageId":"m"}`, &agentmsg.UnknownEvent{}},
	{"repeated response, the last wrong", `{"response":"a","response":7}`, &agentmsg.UnknownEvent{}},
	{"repeated response, the last right", `{"response":7,"response":"a"}`, message(agentmsg.MessageEvent{Response: "a"})},
	{"repeated sessionId, the last wrong", `{"sessionId":"s","sessionId":7}`, &agentmsg.UnknownEvent{}},
	{"a message that says so, unreadable", `{"eventType":"message","response":7}`, &agentmsg.UnknownEvent{Type: agentmsg.EventMessage}},

	{"unknown eventType", `{"eventType":"note_created","sessionId":"s","messageId":"m"}`, &agentmsg.UnknownEvent{Type: "note_created", SessionID: "s"}},
	{"empty eventType", `{"eventType":"","sessionId":"s"}`, &agentmsg.UnknownEvent{SessionID: "s"}},
	{"eventType of a wrong type", `{"eventType":7,"sessionId":"s","response":"a"}`, &agentmsg.UnknownEvent{SessionID: "s"}},
	{"eventType in another case of letters", `{"eventType":"AI_PAUSE"}`, &agentmsg.UnknownEvent{Type: "AI_PAUSE"}},
	{"eventType that begins like a known one", `{"eventType":"ai_paused"}`, &agentmsg.UnknownEvent{Type: "ai_paused"}},
	{"unknown eventType, wrong sessionId", `{"eventType":"note_created","sessionId":{}}`, &agentmsg.UnknownEvent{Type: "note_created"}},
	{"unknown eventType, wrong messageId", `{"eventType":"note_created","sessionId":"s","messageId":7,"response":7}`, &agentmsg.UnknownEvent{Type: "note_created", SessionID: "s"}},
	{"repeated eventType, the last unknown", `{"eventType":"ai_pause","eventType":"x"}`, &agentmsg.UnknownEvent{Type: "x"}},
	{"repeated eventType, the last known", `{"eventType":"x","eventType":"ai_pause"}`, &agentmsg.AIPauseEvent{}},
	{"repeated eventType, the last wrong", `{"eventType":"ai_pause","eventType":7}`, &agentmsg.UnknownEvent{}},
	{"repeated eventType, the last null", `{"eventType":"ai_pause","eventType":null}`, message(agentmsg.MessageEvent{})},
	{"escaped eventType", `{"\u0065ventTyp\u0065":"ai\u005fpause","sessionId":"s"}`, &agentmsg.AIPauseEvent{SessionID: "s"}},
	{"spaced eventType", "{ \"eventType\" \n:\t \"ai_pause\" }", &agentmsg.AIPauseEvent{}},

	{"pause", `{"eventType":"ai_pause","sessionId":"s","aiPaused":true}`, &agentmsg.AIPauseEvent{SessionID: "s", AIPaused: new(true)}},
	{"resume", `{"eventType":"ai_pause","aiPaused":false}`, &agentmsg.AIPauseEvent{AIPaused: new(false)}},
	{"pause that does not say", `{"eventType":"ai_pause","aiPaused":null}`, &agentmsg.AIPauseEvent{}},
	{"pause of a wrong type", `{"eventType":"ai_pause","sessionId":"s","aiPaused":"yes"}`, &agentmsg.AIPauseEvent{SessionID: "s"}},
	{"repeated pause, the last wrong", `{"eventType":"ai_pause","aiPaused":true,"aiPaused":0}`, &agentmsg.AIPauseEvent{}},
	{"repeated pause, the last right", `{"eventType":"ai_pause","aiPaused":0,"aiPaused":true}`, &agentmsg.AIPauseEvent{AIPaused: new(true)}},
	{"repeated pause, the last false", `{"eventType":"ai_pause","aiPaused":"","aiPaused":false}`, &agentmsg.AIPauseEvent{AIPaused: new(false)}},
	{"right pause, wrong sessionId", `{"eventType":"ai_pause","aiPaused":true,"sessionId":7}`, &agentmsg.UnknownEvent{Type: agentmsg.EventAIPause}},

	{"deleted", `{"eventType":"crm_record_deleted","recordId":"r","kanbanId":"k","sessionId":"s"}`, &agentmsg.RecordDeletedEvent{RecordID: "r", KanbanID: "k", SessionID: "s"}},
	{"deleted, wrong record", `{"eventType":"crm_record_deleted","recordId":7,"kanbanId":"k"}`, &agentmsg.RecordDeletedEvent{KanbanID: "k"}},
	{"field values of any JSON", `{"eventType":"crm_field_update","previousValue":null,"newValue":{"a":[1,true]}}`, &agentmsg.FieldUpdateEvent{PreviousValue: json.RawMessage("null"), NewValue: json.RawMessage(`{"a":[1,true]}`)}},
	{"a wrong messageId of no message", `{"eventType":"crm_field_update","messageId":7,"fieldName":7,"fieldType":"t"}`, &agentmsg.FieldUpdateEvent{FieldType: "t"}},
	{"created, wrong members", `{"eventType":"crm_record_created","customFields":[],"assignedUserIds":"u","title":"t"}`, &agentmsg.RecordCreatedEvent{Title: "t"}},
	{"created, custom fields of any JSON", `{"eventType":"crm_record_created","customFields":{"a":null,"b":[1]}}`, &agentmsg.RecordCreatedEvent{CustomFields: map[string]json.RawMessage{"a": json.RawMessage("null"), "b": json.RawMessage("[1]")}}},
}

func TestParseEventTolerates(t *testing.T) {
	t.Parallel()
	for _, test := range tolerated {
		requireSameEvent(t, test.want, parsed(t, test.body), test.name)
	}
}

func nested(levels int) string {
	inner := levels - 1 // the object is one of them
	return `{"x":` + strings.Repeat("[", inner) + strings.Repeat("]", inner) + `}`
}

func TestParseEventRefusesWhatIsNoObject(t *testing.T) {
	t.Parallel()
	require.IsType(t, &agentmsg.MessageEvent{}, parsed(t, nested(10_000)))
	for _, body := range []string{
		"", " ", "\uFEFF", "null", "true", "7", `"{}"`, "[]", `[{"response":"secret-text"}]`,
		"{", "}", `{"response":"secret-text"`, `{"response":"secret-text"}x`, `{} {}`, `{,}`, `{"a":tru}`, "{'a':1}",
		"\uFEFF\uFEFF{}", " \uFEFF{}", "\v{}", "{}\x00", "\u00a0{}", `{"eventType":"ai_pause"`, nested(10_001),
	} {
		event, err := agentmsg.ParseEvent([]byte(body))
		require.Nil(t, event, body)
		require.ErrorIs(t, err, agentmsg.ErrInvalidEvent, body)
		var refused *agentmsg.WebhookError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, 400, refused.Status)
		require.Equal(t, agentmsg.ErrInvalidEvent, refused.Code)
		require.Error(t, refused.Err)
		require.NotContains(t, err.Error(), "secret-text")
	}
	_, err := agentmsg.ParseEvent(nil)
	require.ErrorIs(t, err, agentmsg.ErrInvalidEvent)
}

func TestParseEventSaysWhereTheBodyIsBroken(t *testing.T) {
	t.Parallel()
	_, err := agentmsg.ParseEvent([]byte(`{"a":?}`))
	require.EqualError(t, err, "agentmsg: webhook: 400 invalid_event: the body is no JSON, or nested too deep, at byte 6")
}
