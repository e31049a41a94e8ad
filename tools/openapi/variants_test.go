package openapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// everyVariant changes each good body in one place: a member taken away, one
// too many, a value of another type. Whether the mock takes that or refuses it,
// the document must too, which the validator says.
func everyVariant(t *testing.T, all documents, s *seen) {
	a := started(t, all, s).furnish()
	refused := 0
	for _, c := range a.calls() {
		if c.body == "" || c.op.Route().Presigned() {
			continue
		}
		var body any
		require.NoError(t, json.Unmarshal([]byte(c.body), &body))
		for _, variant := range variants(body) {
			text, err := json.Marshal(variant)
			require.NoError(t, err)
			status, answer := a.do(c.method, c.path, strings.NewReader(string(text))) // without an idempotency key
			require.Contains(t, []int{http.StatusOK, http.StatusAccepted, http.StatusBadRequest, http.StatusNotFound}, status, "%s: %s", text, answer)
			if status == http.StatusBadRequest {
				refused++
			}
		}
	}
	require.Greater(t, refused, 300)
}

// variants are all values that differ from one in one place.
func variants(value any) []any {
	var all []any
	switch value := value.(type) {
	case map[string]any:
		more := maps.Clone(value)
		more["unknown"] = true
		all = append(all, more)
		for _, name := range slices.Sorted(maps.Keys(value)) {
			without := maps.Clone(value)
			delete(without, name)
			all = append(all, without)
			if name == "metadata" { // free-form
				continue
			}
			for _, inner := range variants(value[name]) {
				other := maps.Clone(value)
				other[name] = inner
				all = append(all, other)
			}
		}
	case []any:
		for i := range value {
			for _, inner := range variants(value[i]) {
				other := slices.Clone(value)
				other[i] = inner
				all = append(all, other)
			}
		}
	}
	return append(all, otherTypes(value)...)
}

// otherTypes are values of all types but the value's. Null is absent, to the
// mock alone.
func otherTypes(value any) []any {
	kinds := map[string]any{"text": "x", "number": 7, "bool": true, "list": []any{}, "object": map[string]any{}}
	switch value.(type) {
	case string:
		delete(kinds, "text")
	case float64:
		delete(kinds, "number")
	case bool:
		delete(kinds, "bool")
	case []any:
		delete(kinds, "list")
	case map[string]any:
		delete(kinds, "object")
	}
	var all []any
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		all = append(all, kinds[name])
	}
	return all
}
