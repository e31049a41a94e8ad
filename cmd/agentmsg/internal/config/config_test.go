package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/config"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/shape"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// read writes a file and reads it as a configuration.
func read(t *testing.T, content string) (*config.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mock.yaml")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return config.Read(file)
}

// server is a mock of a configuration.
func server(t *testing.T, content string) *mockserver.Server {
	t.Helper()
	c, err := read(t, content)
	require.NoError(t, err)
	opts, err := c.Options()
	require.NoError(t, err)
	s, err := mockserver.New(opts...)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for given, mistake := range map[string]string{
		"answers:\n  - say: a":                                                        `2:10: answers[0].say: a text, where a list is wanted`,
		"answers:\n  - contains: a":                                                   `2:5: answers[0]: it has no say: a list of texts, [] for silence`,
		"answers:\n  - {matches: '(', say: []}":                                       "2:15: answers[0].matches: error parsing regexp: missing closing ): `(`",
		"answers:\n  - {times: -1, say: []}":                                          `2:13: answers[0].times: a negative number; 0 is always`,
		"answers:\n  - {delay: -1s, say: []}":                                         `2:13: answers[0].delay: a negative time`,
		"agents: [{id: a}]\nanswers: [{agentId: b, say: []}]":                         `2:21: answers[0].agentId: no agent "b" is among the agents`,
		"agents: [{id: a}, {id: a}]":                                                  `1:20: agents[1]: the agent "a" is there a second time`,
		"agents: [{kanbanId: a}]":                                                     `1:11: agents[0]: it has no id`,
		"agents: [{id: a}]\nchannels: [{id: c, identifier: c, allowedAgentIds: [b]}]": `2:13: channels[0]: no agent "b" is among the agents`,
		"channels: [{id: c, identifier: c, type: fax}]":                               `1:41: channels[0].type: there is no type "fax"; there are api, whatsapp_byot, whatsapp_no, whatsapp, web, telegram, sms, instagram`,
		"channels:\n  - id: c":                                                        `2:5: channels[0]: it has an empty identifier`,
		"sessions:\n  - {id: s, channelId: none}":                                     `2:6: sessions[0]: it names the channel "none", which is not among the channels`,
		"faults:\n  - {op: Messages.Send}":                                            `2:6: faults[0]: it has no kind; there are ` + strings.Join(shape.Kinds(), ", "),
		"faults:\n  - {kind: Delay}":                                                  `2:6: faults[0]: it delays by nothing: give it a delay`,
		"faults:\n  - {kind: Delay, delay: soon}":                                     `2:26: faults[0].delay: "soon" is no duration: write it like 300ms, 2s or 1m30s`,
		"webhook: {secret: s}":                                                        `1:11: webhook: a secret without a url`,
		"webhook: {url: 'localhost:1'}":                                               `1:16: webhook.url: it is not absolute http or https, like http://127.0.0.1:9000/webhook`,
		"rateLimit: 3000/120":                                                         `1:12: rateLimit: "3000/120" is no rate limit: write calls a minute and calls an hour, at least as many, like 120/3000`,
		"rateLimitStatus: 429":                                                        `1:18: rateLimitStatus: it is given without rateLimit, so no call is refused`,
		"journal: -1":                                                                 `1:10: journal: it keeps less than one record`,
		"kanbans: [{name: a}]":                                                        `1:10: kanbans: it has an empty id`,
		"faults:\n  - {op: Do, kind: Refuse}":                                         `2:6: faults[0]: it can hit nothing: there are no calls of Do here`,
		"sessions: [{api: blubash, externalUserId: a, channelId: b}]":                 `1:13: sessions[0]: it names the BluBash channel "b", which is not among the bluBashChannels`,
		"extraFields: {Kanbans.List: [a]}":                                            `1:29: extraFields.Kanbans.List: it names the operation "Kanbans.List", which has no JSON body here`,
		"webhook: {url: 'http://x'}\njournal: -1":                                     `2:10: journal: it keeps less than one record`,
		"bluBashChannels:\n  - a\n  - ''":                                             `3:5: bluBashChannels[1]: it has an empty id`,
	} {
		_, err := read(t, given)
		require.Error(t, err, given)
		_, text, _ := strings.Cut(err.Error(), "mock.yaml:")
		require.Equal(t, mistake, text, given)
	}
}

// Answers go by the first that holds, so many times in each session.
func TestAnswers(t *testing.T) {
	t.Parallel()
	s := server(t, `
answers:
  - {equals: hi, say: [Hello], times: 1}
  - {equals: hi, say: [Hello again]}
  - {matches: '(?i)^price of (tea|coffee)', say: [10, each]}
  - {contains: quiet, say: []}
  - {sessionId: vip, say: [At your service]}
`)
	for _, text := range []string{"hi", "hi", "hi", "PRICE of tea?", "be quiet", "what?"} {
		s.CustomerSays("s1", text)
		require.NoError(t, s.Idle(t.Context()))
	}
	s.CustomerSays("vip", "what?")
	s.CustomerSays("vip", "hi")
	require.NoError(t, s.Idle(t.Context()))
	x, _ := s.Session("s1")
	require.Equal(t, `customer: hi
ai: Hello
customer: hi
ai: Hello again
customer: hi
ai: Hello again
customer: PRICE of tea?
ai: 10
ai: each
customer: be quiet
customer: what?
ai: You said: what?
`, x.String())
	x, _ = s.Session("vip")
	require.Contains(t, x.String(), "ai: At your service\n")
	require.Contains(t, x.String(), "ai: Hello\n", "each session has its own count")
}

func TestAnswerDelay(t *testing.T) {
	t.Parallel()
	c, err := read(t, "aiDelay: 1s\nanswers: [{say: [hi], delay: 2s}]")
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		opts, err := c.Options()
		require.NoError(t, err)
		s, err := mockserver.New(opts...)
		require.NoError(t, err)
		defer s.Close()
		began := time.Now()
		s.CustomerSays("s", "x")
		require.NoError(t, s.Idle(t.Context()))
		require.Equal(t, 3*time.Second, time.Since(began))
		s.CustomerSays("s", "y")
		time.Sleep(2 * time.Second)
		s.Close() // and does not wait for the answer
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

// Agents are on each channel that does not say otherwise, and their boards too.
func TestAgents(t *testing.T) {
	t.Parallel()
	s := server(t, `
agents: [{id: first, kanbanId: k1}, {id: second}]
channels:
  - {id: a, identifier: a}
  - {id: b, identifier: b, defaultAgentId: second, allowedAgentIds: [], agentKanbans: {first: k2}}
`)
	send := func(channel, session, agent string) error {
		_, err := s.Client().Messages.Send(t.Context(), agentmsg.SendMessageParams{
			Channel: agentmsg.APIChannel(channel), SessionID: agentmsg.SessionID(session), Content: "hi", AgentID: agentmsg.AgentID(agent),
		})
		return err
	}
	require.NoError(t, send("a", "s1", ""))
	x, _ := s.Session("s1")
	require.Equal(t, agentmsg.AgentID("first"), x.AgentID)
	require.Equal(t, agentmsg.KanbanID("k1"), x.KanbanID)
	require.NoError(t, send("a", "s1", "second"))
	require.NoError(t, send("b", "s2", ""))
	x, _ = s.Session("s2")
	require.Equal(t, agentmsg.AgentID("second"), x.AgentID)
	require.Error(t, send("b", "s2", "first"))

	s = server(t, "agents: [{id: first}]")
	require.NoError(t, send("support", "s1", "first"), "without channels the mock's own ones have the agents")
	require.NoError(t, s.Idle(t.Context()))
	_, err := s.OwnerWrites("s3", "on the phone")
	require.NoError(t, err)
}

// The schema has the members that the structs have, and no other.
func TestSchemaIsComplete(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	require.NoError(t, json.Unmarshal(config.Schema, &schema))
	compare(t, "", reflect.TypeFor[config.Config](), schema)
	faults := schema["properties"].(map[string]any)["faults"].(map[string]any)["items"].(map[string]any)["properties"].(map[string]any)
	require.Equal(t, shape.Kinds(), enumOf(faults["kind"]))
	var ops []string
	for f := range mockserver.Matrix() {
		if !slices.Contains(ops, string(f.Op)) {
			ops = append(ops, string(f.Op))
		}
	}
	require.Equal(t, ops, enumOf(faults["op"]))
}

func enumOf(schema any) []string {
	var all []string
	for _, v := range schema.(map[string]any)["enum"].([]any) {
		all = append(all, v.(string))
	}
	return all
}

func compare(t *testing.T, path string, of reflect.Type, schema map[string]any) {
	t.Helper()
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch {
	case of.Kind() == reflect.Slice:
		require.Equal(t, "array", schema["type"], path)
		compare(t, path+"[]", of.Elem(), schema["items"].(map[string]any))
		return
	case of.Kind() == reflect.Map, reflect.PointerTo(of).Implements(reflect.TypeFor[interface{ UnmarshalText([]byte) error }]()), of.Kind() != reflect.Struct:
		want := map[reflect.Kind]string{reflect.Map: "object", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer"}[of.Kind()]
		if want == "" || reflect.PointerTo(of).Implements(reflect.TypeFor[interface{ UnmarshalText([]byte) error }]()) {
			want = "string"
		}
		require.Equal(t, want, schema["type"], path)
		return
	}
	require.Equal(t, false, schema["additionalProperties"], path)
	properties := schema["properties"].(map[string]any)
	var fields, known []string
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields = append(fields, name)
			require.Contains(t, properties, name, path)
			compare(t, path+"."+name, of.Field(i).Type, properties[name].(map[string]any))
		}
	}
	for name := range properties {
		known = append(known, name)
	}
	require.ElementsMatch(t, fields, known, path)
}
