package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// check looks for what the shape does not have. encoding/json has judged the
// syntax as it decoded, and a pass over the body was saved; what is valid is
// walked here, byte by byte, because its tokens cost more than all the rest of
// a request.
func (s *shape) check(body []byte, decoded error) error {
	body = bytes.TrimSpace(body)
	_, invalid := errors.AsType[*json.SyntaxError](decoded)
	switch {
	case len(body) == 0:
		return errors.New("the body is empty: it must be a JSON object")
	case invalid:
		return invalidJSON(body)
	case body[0] != '{':
		return errors.New("the body must be a JSON object")
	}
	w := walker{rest: body}
	return w.object(s, "", 0)
}

// invalidJSON says what is wrong with a body.
func invalidJSON(body []byte) error {
	var first json.RawMessage
	err := json.NewDecoder(bytes.NewReader(body)).Decode(&first)
	switch {
	case err == nil:
		return errors.New("the body has bytes after its JSON object")
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return errors.New("the body is not JSON: " + err.Error())
}

const maxDepth = 100

// walker goes through valid JSON.
type walker struct{ rest []byte }

// next skips blanks and separators, and is the byte that comes then.
func (w *walker) next() byte {
	i := 0
	for separates(w.rest[i]) {
		i++
	}
	w.rest = w.rest[i:]
	return w.rest[0]
}

func separates(b byte) bool {
	return b == ' ' || b == '\t' || b == '\r' || b == '\n' || b == ',' || b == ':'
}

func (w *walker) value(s *shape, at string, depth int) error {
	if depth > maxDepth {
		return errors.New("the body is nested too deep")
	}
	switch w.next() {
	case '{':
		return w.object(s, at, depth)
	case '[':
		return w.list(s, at, depth)
	case '"':
		w.text()
	default: // a number, true, false or null
		w.rest = w.rest[bytes.IndexAny(w.rest, " \t\r\n,]}"):]
	}
	return nil
}

func (w *walker) object(s *shape, at string, depth int) error {
	w.rest = w.rest[1:]
	var seen names
	for w.next() != '}' {
		name := w.text()
		if seen.add(name) {
			return errors.New("field " + strconv.Quote(join(at, string(name))) + " is given twice")
		}
		inner, err := s.member(name, at)
		if err != nil {
			return err
		}
		below := at // of a plain value nobody asks
		if next := w.next(); next == '{' || next == '[' {
			if inner != nil || depth == 0 { // deeper in free-form data the place of its root is enough
				below = join(at, string(name))
			}
		}
		if err := w.value(inner, below, depth+1); err != nil {
			return err
		}
	}
	w.rest = w.rest[1:]
	return nil
}

func (w *walker) list(s *shape, at string, depth int) error {
	w.rest = w.rest[1:]
	var element *shape
	if s != nil {
		element = s.element
	}
	for w.next() != ']' {
		if err := w.value(element, at, depth+1); err != nil {
			return err
		}
	}
	w.rest = w.rest[1:]
	return nil
}

// text takes a string, and is what it says.
func (w *walker) text() []byte {
	end, escaped := 1, false
	for w.rest[end] != '"' {
		if w.rest[end] == '\\' {
			escaped = true
			end++
		}
		end++
	}
	quoted := w.rest[:end+1]
	w.rest = w.rest[end+1:]
	if !escaped {
		return quoted[1:end]
	}
	var said string
	_ = json.Unmarshal(quoted, &said) // valid, as all of it is
	return []byte(said)
}

// names are those of an object, so far.
type names struct {
	few  [16][]byte
	n    int
	many map[string]bool
}

// add takes a name; true: it was there.
func (s *names) add(name []byte) (twice bool) {
	if s.many != nil {
		twice = s.many[string(name)]
		s.many[string(name)] = true
		return twice
	}
	for _, other := range s.few[:s.n] {
		if bytes.Equal(other, name) {
			return true
		}
	}
	if s.n == len(s.few) {
		s.many = map[string]bool{string(name): true}
		for _, other := range s.few {
			s.many[string(other)] = true
		}
		return false
	}
	s.few[s.n] = name
	s.n++
	return false
}

// member is the shape of one member of an object at a place.
func (s *shape) member(name []byte, at string) (*shape, error) {
	if s == nil || s.members == nil {
		return nil, nil
	}
	if inner, ok := s.members[string(name)]; ok {
		return inner, nil
	}
	for documented := range s.members {
		if strings.EqualFold(documented, string(name)) {
			return nil, errors.New("field " + strconv.Quote(join(at, string(name))) + " must be written " + strconv.Quote(join(at, documented)))
		}
	}
	return nil, errors.New("field " + strconv.Quote(join(at, string(name))) + " is not documented")
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
