// Package strict reads JSON and YAML into structs, and says of a mistake where
// it is: line, column, path, fact and way out. It takes nothing for something
// else: no unknown or repeated member, no name in another case, no number for a
// text. In YAML a plain number where a text is wanted keeps its digits as they
// were written, so that +55 21 stays a phone number's beginning.
//
// A struct that has a field of type [Places] learns where all that is in it
// stood.
package strict

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// At is a place in a file; both count from 1.
type At struct{ Line, Column int }

// String is line:column.
func (a At) String() string { return fmt.Sprintf("%d:%d", a.Line, a.Column) }

// after is where one stands after some more text.
func (a At) after(b []byte) At {
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		a.Line += bytes.Count(b, []byte("\n"))
		a.Column = 1
		b = b[i+1:]
	}
	a.Column += utf8.RuneCount(b)
	return a
}

// readable is a file without the byte order mark that some editors begin it
// with. What is no UTF-8 is a mistake.
func readable(b []byte) ([]byte, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return nil, &Error{At: At{1, 1}.after(b[:i]), Text: "it is no UTF-8"}
		}
		i += n
	}
	return b, nil
}

// Places are where the values of a file stood, by their paths, as in
// faults[0].kind.
type Places map[string]At

// Of is the place of a path, or else of what it is in.
func (p Places) Of(path string) At {
	for path != "" {
		if at, ok := p[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return p[""]
}

// Error is a mistake and its place.
type Error struct {
	At
	// Path names the member, as in faults[0].kind; empty: the whole.
	Path string
	// Text says what is wrong, and what would be right.
	Text string
}

// Error is "line:column: path: text".
func (e *Error) Error() string {
	if e.Path == "" {
		return e.At.String() + ": " + e.Text
	}
	return e.At.String() + ": " + e.Path + ": " + e.Text
}

// kind is what a node is.
type kind int

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

func (k kind) String() string {
	return [...]string{"null", "true or false", "a number", "a text", "a list", "an object"}[k]
}

// node is a value of either language.
type node struct {
	At
	kind    kind
	text    string // of a scalar
	plain   bool   // YAML's, without quotes
	members []member
	items   []*node
	size    int // YAML's: values in it, itself included
}

type member struct {
	At
	name  string
	value *node
}

// Both are far above what any of our files needs.
const (
	maxDepth   = 100
	maxAliased = 100_000 // values that YAML's aliases stand for, together
)

// closest is the name that was most likely meant; empty: none is near.
func closest(name string, names []string) string {
	best, least := "", 3
	for _, n := range names {
		if strings.EqualFold(n, strings.NewReplacer("_", "", "-", "").Replace(name)) {
			return n
		}
		if d := distance(name, n); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is how many letters one must add, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
