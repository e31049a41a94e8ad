package strict_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/strict"
	"github.com/stretchr/testify/require"
)

type word string

func (w *word) UnmarshalText(b []byte) error {
	if string(b) == "bad" {
		return errors.New("no good word")
	}
	*w = word(b)
	return nil
}

type item struct {
	Kind word `json:"kind"`
	N    int  `json:"n"`
}

type file struct {
	Name   string            `json:"name"`
	On     bool              `json:"on"`
	Maybe  *string           `json:"maybe"`
	Words  []string          `json:"words"`
	Items  []item            `json:"items"`
	Named  map[string]string `json:"named"`
	Hidden string            `json:"-"`
	Places strict.Places     `json:"-"`
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		read           func([]byte, any) error
		given, mistake string
	}{
		"JSON: nothing":         {strict.JSON, " \n", `1:1: there is nothing: an object is wanted, like {}`},
		"JSON: broken":          {strict.JSON, "{\n  \"name\": }", `2:11: no JSON: invalid character '}' looking for beginning of value`},
		"JSON: cut":             {strict.JSON, "{\"name\": \"x\"", `1:13: no JSON: it ends too early`},
		"JSON: more":            {strict.JSON, "{}\n{}", `2:1: something follows the value`},
		"JSON: twice":           {strict.JSON, `{"name":"a","name":"b"}`, `1:13: "name" is there already, at 1:2`},
		"JSON: unknown":         {strict.JSON, `{"name":"a","namee":"b"}`, `1:13: namee: there is no such member; did you mean "name"?`},
		"JSON: case":            {strict.JSON, `{"Name":"a"}`, `1:2: Name: there is no such member; did you mean "name"?`},
		"JSON: far":             {strict.JSON, `{"elephant":"a"}`, `1:2: elephant: there is no such member; known are items, maybe, name, named, on, words`},
		"JSON: number as text":  {strict.JSON, `{"name":12}`, `1:9: name: a number, where a text is wanted`},
		"JSON: text as number":  {strict.JSON, `{"items":[{"n":"1"}]}`, `1:16: items[0].n: a text, where a whole number is wanted`},
		"JSON: fraction":        {strict.JSON, `{"items":[{},{"n":1.5}]}`, `1:19: items[1].n: 1.5, where a whole number is wanted`},
		"JSON: text as bool":    {strict.JSON, `{"on":"true"}`, `1:7: on: a text, where true or false is wanted`},
		"JSON: one as list":     {strict.JSON, `{"words":"a"}`, `1:10: words: a text, where a list is wanted`},
		"JSON: list as object":  {strict.JSON, `{"items":[[]]}`, `1:11: items[0]: a list, where an object is wanted`},
		"JSON: list as map":     {strict.JSON, `{"named":[]}`, `1:10: named: a list, where an object is wanted`},
		"JSON: not an object":   {strict.JSON, `[]`, `1:1: a list, where an object is wanted`},
		"JSON: a type's own":    {strict.JSON, `{"items":[{"kind":"bad"}]}`, `1:19: items[0].kind: no good word`},
		"JSON: a type's number": {strict.JSON, `{"items":[{"kind":1}]}`, `1:19: items[0].kind: a number, where a text is wanted`},
		"JSON: letters":         {strict.JSON, "{\"näme\":\"äöü\",  \"x\":1}", `1:2: näme: there is no such member; did you mean "name"?`},
		"JSON: no UTF-8":        {strict.JSON, "{\"name\":\"\xff\"}", `1:10: it is no UTF-8`},
		"YAML: no UTF-8":        {strict.YAML, "on: true\nname: a\xff", `2:8: it is no UTF-8`},
		"JSON: deep":            {strict.JSON, strings.Repeat("[", 200), `1:101: nested too deeply`},
		"YAML: broken":          {strict.YAML, "words: [", `1:8: no YAML: sequence end token ']' not found`},
		"YAML: twice":           {strict.YAML, "name: a\nname: b", `2:1: no YAML: mapping key "name" already defined at [1:1]`},
		"YAML: unknown":         {strict.YAML, "items:\n  - kind: x\n    m: 1", `3:5: items[0].m: there is no such member; did you mean "n"?`},
		"YAML: bool as text":    {strict.YAML, "name: true", `1:7: name: true or false, where a text is wanted: put it in quotes`},
		"YAML: text as number":  {strict.YAML, "items:\n- n: \"1\"", `2:6: items[0].n: a text, where a whole number is wanted`},
		"YAML: two documents":   {strict.YAML, "name: a\n---\nname: b", `3:5: a second document: one is wanted`},
		"YAML: no anchor":       {strict.YAML, "name: *a", `1:7: no anchor &a stands before it`},
		"YAML: merge":           {strict.YAML, "items:\n- &a {n: 1}\n- <<: *a", `3:3: merge keys are not taken: write the members out`},
		"YAML: a list":          {strict.YAML, "- a", `1:1: a list, where an object is wanted`},
		"YAML: a type's own":    {strict.YAML, "items: [{kind: bad}]", `1:16: items[0].kind: no good word`},
		"YAML: tag":             {strict.YAML, "name: !x a", `1:7: Tag is of no use here`},
	} {
		var f file
		require.EqualError(t, c.read([]byte(c.given), &f), c.mistake, name)
	}
}

// Both languages say the same, a JSON with tabs and escaped pairs too.
func TestRead(t *testing.T) {
	t.Parallel()
	whole := func() file {
		return file{
			Name: "+5521 👍", On: true, Maybe: new(""), Words: []string{"a", "007"},
			Items: []item{{Kind: "k", N: -3}, {}}, Named: map[string]string{"a.b": "c"},
		}
	}
	var fromJSON, fromYAML, none file
	require.NoError(t, strict.JSON([]byte("\t{\"name\": \"+5521 \\ud83d\\udc4d\", \"on\": true, \"maybe\": \"\", \"words\": [\"a\", \"007\"],\n\t\"items\": [{\"kind\": \"k\", \"n\": -3}, {\"kind\": null}], \"named\": {\"a.b\": \"c\"}}"), &fromJSON))
	require.Equal(t, strict.At{Line: 2, Column: 12}, fromJSON.Places.Of("items[0]"))
	require.Equal(t, strict.At{Line: 2, Column: 21}, fromJSON.Places.Of("items[0].kind"))
	require.NoError(t, strict.YAML([]byte("# it\nname: \"+5521 👍\"\non: true\nmaybe: ''\nwords: [&a a, 007]\nitems:\n  - kind: k\n    n: -3\n  - {kind: null}\nnamed:\n  a.b: c\n"), &fromYAML))
	require.Equal(t, strict.At{Line: 7, Column: 5}, fromYAML.Places.Of("items[0]"))
	require.Equal(t, strict.At{Line: 8, Column: 8}, fromYAML.Places.Of("items[0].n"))
	require.Equal(t, strict.At{Line: 7, Column: 5}, fromYAML.Places.Of("items[0].none[3].x"), "what there is not is where it would be")
	require.Equal(t, strict.At{Line: 11, Column: 8}, fromYAML.Places.Of("named.a.b"))
	require.Equal(t, strict.At{Line: 2, Column: 1}, fromYAML.Places.Of("else"))
	for _, f := range []*file{&fromJSON, &fromYAML} {
		f.Places = nil
		require.Equal(t, whole(), *f)
	}
	require.NoError(t, strict.YAML([]byte("# nothing\n"), &none))
	require.NoError(t, strict.YAML(nil, &none))
	require.Equal(t, file{}, none)
}

// A byte order mark, which some editors write, is none of the text.
func TestByteOrderMark(t *testing.T) {
	t.Parallel()
	var fromJSON, fromYAML file
	require.NoError(t, strict.JSON([]byte("\ufeff{\"name\":\"a\"}"), &fromJSON))
	require.NoError(t, strict.YAML([]byte("\ufeffname: a"), &fromYAML))
	require.Equal(t, []string{"a", "a"}, []string{fromJSON.Name, fromYAML.Name})
}

// What is long takes as long, and not that squared: a call of the control API
// may be a MiB.
func TestLong(t *testing.T) {
	t.Parallel()
	const n = 50_000
	began := time.Now()
	var f file
	require.NoError(t, strict.JSON([]byte(`{"words":["`+strings.Repeat(`a","`, n)+`"]}`), &f))
	require.Len(t, f.Words, n+1)
	var members strings.Builder
	for i := range n {
		fmt.Fprintf(&members, `"%d":"",`, i)
	}
	require.NoError(t, strict.JSON([]byte(`{"named":{`+members.String()+`"":""}}`), &f))
	require.Len(t, f.Named, n+1)
	require.Less(t, time.Since(began), 10*time.Second)
}

// Aliases of aliases make much of little.
func TestAliasesHaveABound(t *testing.T) {
	t.Parallel()
	var f file
	bomb := "items:\n- &a {n: 1}\n" + strings.Repeat("- *a\n", 60_000)
	require.EqualError(t, strict.YAML([]byte(bomb), &f), "50003:3: the aliases stand for more than 100000 values")
}

// Numbers that are texts keep their digits.
func TestPlainNumbers(t *testing.T) {
	t.Parallel()
	var f file
	require.NoError(t, strict.YAML([]byte("name: +5521999887766\nmaybe: &x 0123\nwords: [*x, 1.50, 1_000, .inf, 2024-01-02]"), &f))
	require.Equal(t, "+5521999887766", f.Name)
	require.Equal(t, []string{"0123", "1.50", "1_000", ".inf", "2024-01-02"}, f.Words)
}

func FuzzStrict(f *testing.F) {
	f.Add([]byte(`{"name":"a","items":[{"kind":"x","n":1}],"named":{"a":"b"}}`))
	f.Add([]byte("name: a\nitems:\n  - kind: x\n    n: 1\nwords: [&a b, *a]\n"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		var one, other file
		_ = strict.JSON(b, &one)
		_ = strict.YAML(b, &other)
	})
}
