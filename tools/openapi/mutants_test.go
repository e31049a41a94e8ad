package openapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// mutant is a document that is wrong in one place.
type mutant struct {
	name        string
	spoil, cure func()
	request     bool
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
	at := map[string][]*exchange{}
	known := map[string]bool{}
	for _, e := range exchanges {
		key := fmt.Sprint(e.method, e.url, e.status, string(e.body))
		if known[key] || len(e.body) > 1<<20 { // of a 413 nothing but the size matters
			continue
		}
		known[key] = true
		v := all.judge(e)
		at[v.operation+" "+v.status] = append(at[v.operation+" "+v.status], e)
		if e.status == 400 { // most bounds are shown by what is refused
			at[v.operation] = append([]*exchange{e}, at[v.operation]...)
		} else {
			at[v.operation] = append(at[v.operation], e)
		}
	}
	n := 0
	for _, d := range all {
		for _, m := range d.mutants() {
			n++
			m.spoil()
			if equivalent[m.name] == "" && !all.red(m, at) {
				t.Errorf("nobody notices when in %s %s", d.name, m.name)
			}
			m.cure()
		}
	}
	t.Logf("%d mutants", n)
	require.Greater(t, n, 400, "the documents have more places than that")
}

func (all documents) red(m *mutant, at map[string][]*exchange) bool {
	for _, place := range m.places {
		for _, e := range at[place] {
			if len(all.judgeSides(e, m.request, !m.request).wrong) > 0 {
				return true
			}
		}
	}
	return false
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
				g.schema(place{o.OperationID, true, !o.webhook, false}, media.Schema, nil)
			}
		}
		for status, response := range o.Responses.Map() {
			for _, media := range response.Value.Content {
				g.schema(place{o.OperationID + " " + status, false, false, false}, media.Schema, nil)
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
	request   bool
	closed    bool
	condition bool // below if, then, else, anyOf
}

func (g *garden) plant(at place, s *openapi3.Schema, what string, spoil, cure func()) {
	key := fmt.Sprintf("%p %s", s, strings.TrimPrefix(what, at.name))
	m := g.byPlace[key]
	if m == nil {
		m = &mutant{name: what, spoil: spoil, cure: cure, request: at.request}
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
