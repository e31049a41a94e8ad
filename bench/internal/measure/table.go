package measure

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Table is one of the report's, in Markdown that a terminal shows well too.
type Table struct {
	Title   string // may be empty
	Notes   string // before the rows
	Columns []string
	Rows    [][]string
	After   string // what the rows say, if anything
}

// Add adds a row; each cell is what fmt makes of it.
func (t *Table) Add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.Rows = append(t.Rows, row)
}

// String is the table in Markdown, its columns aligned.
func (t *Table) String() string {
	var b strings.Builder
	if t.Title != "" {
		fmt.Fprintf(&b, "### %s\n\n", t.Title)
	}
	if t.Notes != "" {
		b.WriteString(t.Notes + "\n\n")
	}
	widths := make([]int, len(t.Columns))
	for _, row := range append([][]string{t.Columns}, t.Rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	line := func(cells []string) {
		for i, cell := range cells {
			fmt.Fprintf(&b, "| %s%s ", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		b.WriteString("|\n")
	}
	line(t.Columns)
	for _, w := range widths {
		b.WriteString("|" + strings.Repeat("-", w+2))
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		line(row)
	}
	if t.After != "" {
		b.WriteString("\n" + t.After + "\n")
	}
	return b.String()
}

// Count is a number with separators of thousands.
func Count(f float64) string {
	digits := fmt.Sprintf("%.0f", f)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
