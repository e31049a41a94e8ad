package openapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// mutant is a document that is wrong in one place.
type mutant struct {
	name        string
	spoil, cure func()
	places      []string // that can show it: an operation, or an operation with a status
}

// equivalent mutants show nothing on the wire.
var equivalent = map[string]string{
	"Messages.Send [channelType] takes any value": "a type that no channel has is 404, known or not",
}

// killMutants spoils each place of the schemas in turn and has the exchanges
// that were seen judged again. A place that nobody misses says something that
// no test looks at.
func killMutants(t *testing.T, exchanges []*exchange) {
	all := load(t)
	at := all.samples(t, exchanges)
	n := 0
	for _, d := range all {
		for _, m := range d.mutants() {
			n++
			m.spoil()
			if equivalent[m.name] == "" && !m.red(at) {
				t.Errorf("nobody notices when in %s %s", d.name, m.name)
			}
			m.cure()
		}
	}
	t.Logf("%d mutants", n)
	require.Greater(t, n, 400, "the documents have more places than that")
}

func (m *mutant) red(at map[string]*samples) bool {
	return slices.ContainsFunc(m.places, func(place string) bool { return !at[place].hold() })
}

// samples are the bodies that a schema was seen with: those that it takes and
// those that it refuses.
type samples struct {
	schema    *openapi3.SchemaRef
	good, bad []any
}

// samples sorts what the exchanges had for bodies, by the place of the schema.
func (all documents) samples(t *testing.T, exchanges []*exchange) map[string]*samples {
	t.Helper()
	at := map[string]*samples{}
	known := map[string]bool{}
	add := func(place string, content openapi3.Content, header http.Header, body []byte) {
		media := content.Get(header.Get("Content-Type"))
		key := place + string(body)
		if media == nil || media.Schema == nil || known[key] || len(body) > 1<<20 {
			return
		}
		known[key] = true
		value, err := decode(header, body)
		if err != nil {
			return
		}
		if at[place] == nil {
			at[place] = &samples{schema: media.Schema}
		}
		s := at[place]
		if valid(media.Schema.Value, value) {
			s.good = append(s.good, value)
		} else {
			s.bad = append(s.bad, value)
		}
	}
	for _, e := range exchanges {
		_, route, _ := all.route(e)
		o := route.Operation
		if o.RequestBody != nil {
			add(o.OperationID, o.RequestBody.Value.Content, e.header, e.body)
		}
		status := documented(o, e.status)
		add(o.OperationID+" "+status, o.Responses.Value(status).Value.Content, e.answered, e.answer)
	}
	for place, s := range at {
		require.True(t, s.hold(), place)
	}
	return at
}

// hold says whether the schema still takes what it took, and refuses what it
// refused. One schema of all the bodies is compiled once.
func (s *samples) hold() bool {
	if s == nil {
		return true
	}
	list := func(each *openapi3.SchemaRef) *openapi3.Schema {
		return &openapi3.Schema{Type: &openapi3.Types{"array"}, Items: each}
	}
	return valid(list(s.schema), s.good) && valid(list(&openapi3.SchemaRef{Value: &openapi3.Schema{Not: s.schema}}), s.bad)
}

func valid(schema *openapi3.Schema, value any) bool {
	return schema.VisitJSON(value, openapi3.EnableJSONSchema2020()) == nil
}

func decode(header http.Header, body []byte) (value any, err error) {
	if header.Get("Content-Type") == "application/xml" {
		return decodeXML(bytes.NewReader(body), nil, nil, nil)
	}
	err = json.Unmarshal(body, &value)
	return value, err
}

// garden grows the mutants of one document: a schema that several operations
// share is spoiled once.
type garden struct {
	byPlace map[string]*mutant
	order   []*mutant
}

func (d *document) mutants() []*mutant {
	g := &garden{byPlace: map[string]*mutant{}}
	for _, o := range d.operations() {
		if o.RequestBody != nil {
			for _, media := range o.RequestBody.Value.Content {
				g.schema(place{o.OperationID, !o.webhook, false}, media.Schema, nil)
			}
		}
		for status, response := range o.Responses.Map() {
			for _, media := range response.Value.Content {
				g.schema(place{o.OperationID + " " + status, false, false}, media.Schema, nil)
			}
		}
	}
	return g.order
}

// place is where a schema stands. That of a call is closed, and each of its
// bounds is shown by a body that crosses it; of answers and webhooks the
// members alone are.
type place struct {
	name      string
	closed    bool
	condition bool // below if, then, else, anyOf
}

func (g *garden) plant(at place, s *openapi3.Schema, what string, spoil, cure func()) {
	key := fmt.Sprintf("%p %s", s, strings.TrimPrefix(what, at.name))
	m := g.byPlace[key]
	if m == nil {
		m = &mutant{name: what, spoil: spoil, cure: cure}
		g.byPlace[key] = m
		g.order = append(g.order, m)
	}
	m.places = append(m.places, at.name)
}

// schema goes through one and all below it; path names where it is.
func (g *garden) schema(at place, ref *openapi3.SchemaRef, path []string) {
	if ref == nil || ref.Value == nil || ref.Value.Always != nil {
		return
	}
	s := ref.Value
	where := fmt.Sprint(at.name, " ", path)
	if at.closed {
		g.bounds(at, s, where)
	}
	for name, property := range s.Properties {
		if !at.condition && (property.Value == nil || property.Value.Always == nil) {
			g.plant(at, s, where+" "+name+" is another",
				func() { s.Properties[name] = &openapi3.SchemaRef{Value: &openapi3.Schema{Enum: []any{"mutant"}}} },
				func() { s.Properties[name] = property })
		}
		g.schema(at, property, append(path[:len(path):len(path)], name))
	}
	below := func(kind string, condition bool, refs ...*openapi3.SchemaRef) {
		inside := at
		inside.condition = inside.condition || condition
		for _, ref := range refs {
			g.schema(inside, ref, append(path[:len(path):len(path)], kind))
		}
	}
	below("items", false, s.Items)
	below("oneOf", false, s.OneOf...)
	below("anyOf", true, s.AnyOf...)
	below("allOf", true, s.AllOf...)
	below("if", true, s.If)
	below("then", true, s.Then)
	below("else", true, s.Else)
}

// bounds loosens what a schema asks for, one after another.
func (g *garden) bounds(at place, s *openapi3.Schema, where string) {
	for i, name := range s.Required {
		was := s.Required
		g.plant(at, s, where+" "+name+" is not required",
			func() { s.Required = append(append([]string{}, was[:i]...), was[i+1:]...) }, func() { s.Required = was })
	}
	if closed := s.AdditionalProperties; closed.Has != nil && !*closed.Has {
		g.plant(at, s, where+" is open", func() { s.AdditionalProperties = openapi3.AdditionalProperties{} }, func() { s.AdditionalProperties = closed })
	}
	if len(s.Enum) > 0 {
		was := s.Enum
		g.plant(at, s, where+" takes any value", func() { s.Enum = nil }, func() { s.Enum = was })
	}
	if s.Type != nil && !at.condition && s.Const == nil && len(s.Enum) == 0 {
		was := s.Type
		g.plant(at, s, where+" has any type", func() { s.Type = nil }, func() { s.Type = was })
	}
	loosen(g, at, s, where+" minLength", &s.MinLength)
	loosen(g, at, s, where+" maxLength", &s.MaxLength)
	loosen(g, at, s, where+" minimum", &s.Min)
	loosen(g, at, s, where+" maximum", &s.Max)
	loosen(g, at, s, where+" pattern", &s.Pattern)
	loosen(g, at, s, where+" minItems", &s.MinItems)
	loosen(g, at, s, where+" maxItems", &s.MaxItems)
}

func loosen[T comparable](g *garden, at place, s *openapi3.Schema, where string, bound *T) {
	var none T
	if was := *bound; was != none {
		g.plant(at, s, where, func() { *bound = none }, func() { *bound = was })
	}
}
