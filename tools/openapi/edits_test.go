package openapi_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/agentmsg/agentmsg/mockserver/openapi"
	"github.com/stretchr/testify/require"
)

// edits are mistakes outside the schemas.
var edits = []struct {
	api      wire.API
	old, new string
}{
	{wire.MAIA, "  /kanbans:\n", "  /boards:\n"},
	{wire.MAIA, "    patch:\n", "    put:\n"},
	{wire.MAIA, "        '202':\n", "        '201':\n"},
	{wire.MAIA, "        '404':\n", "        '410':\n"},
	{wire.MAIA, "security:\n  - bearer: []\n", "security: []\n"},
	{wire.MAIA, "      name: limit\n", "      name: size\n"},
	{wire.MAIA, "        - name: type\n", "        - name: kind\n"},
	{wire.MAIA, "        - name: accessible\n", "        - name: access\n"},
	{wire.MAIA, "      name: nextToken\n", "      name: token\n"},
	{wire.MAIA, "        minimum: 1\n    nextToken:\n", "        minimum: 0\n    nextToken:\n"},
	{wire.MAIA, "        type: string\n        minLength: 1\n    signature:\n", "        type: string\n    signature:\n"},
	{wire.MAIA, "            type: boolean\n      responses:\n", "            type: string\n      responses:\n"},
	{wire.MAIA, "    - name: X-Amz-Signature\n", "    - name: X-Signature\n"},
	{wire.MAIA, "          const: 3600\n", "          const: 60\n"},
	{wire.MAIA, `          pattern: ^\d{8}T\d{6}\.\d{3}Z$`, `          pattern: ^\d{8}T\d{6}Z$`},
	{wire.MAIA, "      name: X-Maia-Signature\n", "      name: X-Signature\n"},
	{wire.MAIA, "        pattern: ^[0-9a-f]{64}$\n      example", "        pattern: ^[0-9A-F]{64}$\n      example"},
	{wire.MAIA, `        pattern: ^\d{12,}$`, `        pattern: ^\d{10}$`},
	{wire.MAIA, "        maximum: 100000000000\n", "        maximum: 1000000000\n"},
	{wire.MAIA, "      description: Calls a minute. Of the minute it is (I).\n      schema:\n        type: integer", "      schema:\n        type: boolean"},
	{wire.MAIA, "      description: Calls that are left of them; 0 on a refusal (ours).\n      schema:\n        type: integer\n        minimum: 0", "      schema:\n        type: integer\n        minimum: 1"},
	{wire.MAIA, "        application/xml:\n", "        application/problem+xml:\n"},
	{wire.MAIA, "  ai_pause:\n", "  ai-pause:\n"},
	{wire.MAIA, "        5XX:\n", "        '501':\n"},
	{wire.BluBash, "      name: X-API-Key\n", "      name: X-Key\n"},
	{wire.BluBash, "        '422':\n", "        '409':\n"},
	{wire.Conversations, "http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v2"},
}

// A document that is wrong outside its schemas is noticed too.
func noticeEdits(t *testing.T, exchanges []*exchange) {
	var few []*exchange // one of each kind: their bodies do not matter here
	known := map[string]bool{}
	for _, e := range exchanges {
		if key := fmt.Sprint(e.method, e.url, e.status, e.webhook); len(e.body) < 1<<20 && !known[key] {
			known[key] = true
			few = append(few, e)
		}
	}
	for _, edit := range edits {
		all := load(t)
		name := fileOf[edit.api]
		text, err := fs.ReadFile(openapi.Files(), name)
		require.NoError(t, err)
		require.Contains(t, string(text), edit.old, "the edit changes nothing")
		all[edit.api] = parse(t, name, []byte(strings.ReplaceAll(string(text), edit.old, edit.new)))
		wrong := func(e *exchange) bool { return len(all.judge(e).wrong) > 0 }
		require.True(t, slices.ContainsFunc(few, wrong), "nobody notices that %q became %q", edit.old, edit.new)
	}
}
