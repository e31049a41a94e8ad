package openapi_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// The documents' examples are the golden bytes, all of them, each where it
// belongs. That they are valid there parse has asked.
func TestExamplesAreTheVectors(t *testing.T) {
	t.Parallel()
	all := load(t)
	for api, d := range all {
		shown := map[string]int{}
		for _, o := range d.operations() {
			for _, examples := range o.examples() {
				for name, example := range examples {
					shown[name]++
					require.Same(t, d.Components.Examples[name].Value, example.Value, "%s of %s", name, o.OperationID)
				}
			}
		}
		files, err := fs.Glob(os.DirFS("../../testdata/wire/"+string(api)), "*.json")
		require.NoError(t, err)
		for i, file := range files {
			files[i] = strings.TrimSuffix(file, ".json")
			got, err := json.Marshal(d.Components.Examples[files[i]].Value.Value)
			require.NoError(t, err)
			require.JSONEq(t, string(vector(t, string(api)+"/"+file)), string(got), file)
		}
		require.ElementsMatch(t, files, slices.Collect(maps.Keys(shown)), "each of %s is shown by an operation", d.name)
	}
}

// examples are those of a request and of its answers.
func (o operation) examples() []openapi3.Examples {
	var all []openapi3.Examples
	of := func(content openapi3.Content) {
		for _, media := range content {
			all = append(all, media.Examples)
		}
	}
	if o.RequestBody != nil {
		of(o.RequestBody.Value.Content)
	}
	for _, response := range o.Responses.Map() {
		of(response.Value.Content)
	}
	return all
}

// What the vendor signed is what the document says of a webhook, byte by byte,
// and so is the signature that the document shows.
func TestSignedVectors(t *testing.T) {
	t.Parallel()
	all := load(t)
	for name, signature := range map[string]string{
		"maia/webhook_channel_message_v2.signed-body.txt": "1ab9c9b9d7cc16dc051a32bf96a6c07c8fe059869505fb0883bfa66c15f4b441",
		"maia/webhook_crm_field_update.signed-body.txt":   "bf0d628c42fa210c4155a608dac54526b1c61ddf966cd38cdb683caae568803b",
	} {
		body := vector(t, name)
		e := &exchange{
			method: "POST", url: &url.URL{Scheme: "https", Host: "app.test", Path: "/webhook"}, body: body, status: 200, webhook: kindOf(body),
			header: http.Header{"Content-Type": {"application/json"}, wire.HeaderSignature: {signature}},
		}
		require.Empty(t, all.judge(e).wrong, name)
		e.header.Del(wire.HeaderSignature)
		require.NotEmpty(t, all.judge(e).wrong, "%s without its signature", name)
	}
	shown := all[wire.MAIA].Components.Parameters["signature"].Value.Example
	require.Equal(t, any("1ab9c9b9d7cc16dc051a32bf96a6c07c8fe059869505fb0883bfa66c15f4b441"), shown)
}
