package agentmsg_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/stretchr/testify/require"
)

// requirePlain holds a body that is read without encoding/json to what that
// makes of it.
func requirePlain(t *testing.T, body string) {
	t.Helper()
	plain, ok := agentmsg.PlainMessage([]byte(body))
	require.True(t, ok, body)
	event, err := agentmsg.DecodeJSON([]byte(body))
	require.NoError(t, err, body)
	require.Equal(t, event, plain)
}

func TestPlainMessageReadsEachString(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[agentmsg.MessageEvent]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || field.Type.Kind() == reflect.Slice {
			continue
		}
		requirePlain(t, fmt.Sprintf(`{%q:"2024-01-15T10:30:00.000Z"}`, name))
		requirePlain(t, fmt.Sprintf(`{%q:"a",%[1]q:""}`, name))
	}
}

func TestPlainMessageReadsWhatIsDocumented(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"webhook_channel_message_v1.json", "webhook_channel_message_v2.signed-body.txt"} {
		text, files, _ := strings.Cut(string(maiaVector(t, file)), `"attachments"`)
		require.NotEmpty(t, files)
		requirePlain(t, strings.TrimRight(text, ", \r\n")+"}")
	}
	requirePlain(t, string(benchmarked))
	requirePlain(t, `{"response":"a\n\"b\" \\ \/ \u00e9 \ud83d\ude00 \ud800 é 😀`+"\u2028\x7f"+`"}`)
	requirePlain(t, "{ \"response\"\t:\r\n\"a\" , \"direction\" : \"echo\" }")
	requirePlain(t, `{"response":"\"eventType\":\"ai_pause\""}`)
}

// benchmarked is what the benchmarks deliver: they measure what is usual.
var benchmarked = bare.Event("m-1", bare.Session)

// All that is not plain is left to encoding/json, which knows better.
func TestPlainMessageLeavesTheRest(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `{`, `{}`, `[]`, `"response"`, `null`, `"response":"a"}`, `["response":"a"}`,
		`{"response"`, `{"response":`, `{"response":"`, `{"response":"a`, `{"response":"a\`, `{"response":"a\"`, `{"response":"a"`,
		`{"response":"a",`, `{"response":"a",}`, `{,"response":"a"}`, `{"response":"a"}}`, `{"response":"a"}{}`, `{"response":"a"},`,
		`{"response" "a"}`, `{"response"="a"}`, `{response:"a"}`, `{'response':'a'}`, `{"response":"a" "direction":"echo"}`, `{"response":"a";}`,
		`{"response":xa"}`, `{"response":'a"}`, `{x"response":"a"}`,
		"{\"response\":\"a\nb\"}", "{\"response\":\"\x00\"}", "{\"response\":\"\x1f\"}", "{\"response\":\"\xff\"}", "{\"response\":\"\xed\xa0\x80\"}", "{\"response\"\v:\"a\"}",
		`{"response":"\q"}`, `{"response":"\u12"}`, `{"response":"\u12x4"}`, "{\"response\":\"\\\n\"}", "{\"response\":\"\\\xff\"}",
		`{"timestamp":"\q"}`, `{"timestamp":"2024-01-15T10:30:00\u002b00:00"}`, `{"timestamp":1705314600000}`,
		`{"response":null}`, `{"response":7}`, `{"response":true}`, `{"response":{}}`, `{"response":["a"]}`, `{"attachments":[]}`, `{"attachments":"a"}`,
		`{"eventType":"message"}`, `{"EventType":"ai_pause"}`, `{"event\u0054ype":"ai_pause"}`, `{"RESPONSE":"a"}`, `{"\u0072esponse":"a"}`, `{"new":"a"}`, `{"":"a"}`,
	} {
		_, ok := agentmsg.PlainMessage([]byte(body))
		require.False(t, ok, body)
	}
}

func FuzzPlainMessage(f *testing.F) {
	seedEvents(f)
	f.Add(benchmarked)
	f.Add([]byte(`{ "response" : "a\n\"b\" \u00e9 \ud800" , "timestamp":"2024-01-15 10:30", "externalUserId":"é" }`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, ok := agentmsg.PlainMessage(body); ok {
			require.True(t, json.Valid(body))
			requirePlain(t, string(body))
		}
	})
}
