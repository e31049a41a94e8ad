// Package strict reads JSON and YAML into structs, and says of a mistake where
// it is: line, column, path, fact and way out. It takes nothing for something
// else: no unknown or repeated member, no name in another case, no number for a
// text. In YAML a plain number where a text is wanted keeps its digits as they
// were written, so that +55 21 stays a phone number's beginning.
//
// A struct that has a field of type [At] learns where it stood.
package strict

import (
	"fmt"
	"strings"
)

// At is a place in a file; both count from 1.
type At struct{ Line, Column int }

// String is line:column.
func (a At) String() string { return fmt.Sprintf("%d:%d", a.Line, a.Column) }

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
}

type member struct {
	At
	name  string
	value *node
}

// maxDepth is far above what any of our files needs.
const maxDepth = 100

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
