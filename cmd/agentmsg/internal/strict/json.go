package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// JSON reads one JSON value into a pointer to a struct.
func JSON(b []byte, into any) error {
	n, err := parseJSON(b)
	if err != nil {
		return err
	}
	return decode(n, into)
}

type jsonParser struct {
	bytes []byte
	dec   *json.Decoder
	seen  int // bytes before here
	here  At
}

func parseJSON(b []byte) (*node, error) {
	b, err := readable(b)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, &Error{At: At{1, 1}, Text: "there is nothing: an object is wanted, like {}"}
	}
	p := &jsonParser{bytes: b, dec: json.NewDecoder(bytes.NewReader(b)), here: At{1, 1}}
	p.dec.UseNumber()
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	at := p.next()
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &Error{At: at, Text: "something follows the value"}
	}
	return n, nil
}

// next is where the next token begins.
func (p *jsonParser) next() At {
	i := int(p.dec.InputOffset())
	for i < len(p.bytes) && bytes.IndexByte([]byte(" \t\r\n,:"), p.bytes[i]) >= 0 {
		i++
	}
	return p.at(i)
}

// at is the place of an offset. They are asked for in their order, so each goes
// on from the one before; only a mistake, the last, may lie behind it.
func (p *jsonParser) at(offset int) At {
	offset = min(offset, len(p.bytes))
	if offset < p.seen {
		p.seen, p.here = 0, At{1, 1}
	}
	p.here = p.here.after(p.bytes[p.seen:offset])
	p.seen = offset
	return p.here
}

// token is the next one, and where it began.
func (p *jsonParser) token() (json.Token, At, error) {
	at := p.next()
	t, err := p.dec.Token()
	if err == nil {
		return t, at, nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, at, &Error{At: p.at(p.culprit(syntax)), Text: "no JSON: " + syntax.Error()}
	}
	return nil, at, &Error{At: p.at(len(p.bytes)), Text: "no JSON: it ends too early"}
}

// culprit is the offset of the character that is wrong. encoding/json says that
// of it or of the one after it, as its parts see it.
func (p *jsonParser) culprit(wrong *json.SyntaxError) int {
	i := int(wrong.Offset)
	if i < len(p.bytes) && strings.HasPrefix(wrong.Error(), "invalid character '"+string(rune(p.bytes[i]))) {
		return i
	}
	return max(i-1, 0)
}

func (p *jsonParser) value(depth int) (*node, error) {
	t, at, err := p.token()
	if err != nil {
		return nil, err
	}
	n := &node{At: at}
	switch t := t.(type) {
	case nil:
		n.kind = null
	case bool:
		n.kind, n.text = boolean, fmt.Sprint(t)
	case json.Number:
		n.kind, n.text = number, t.String()
	case string:
		n.kind, n.text = text, t
	case json.Delim:
		if depth >= maxDepth {
			return nil, &Error{At: at, Text: "nested too deeply"}
		}
		if t == '[' {
			return n, p.list(n, depth)
		}
		return n, p.object(n, depth)
	}
	return n, nil
}

func (p *jsonParser) list(n *node, depth int) error {
	n.kind = list
	for p.dec.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, _, err := p.token()
	return err
}

func (p *jsonParser) object(n *node, depth int) error {
	n.kind = object
	places := map[string]At{}
	for p.dec.More() {
		t, at, err := p.token()
		if err != nil {
			return err
		}
		name := t.(string) // the decoder allows nothing else
		if first, twice := places[name]; twice {
			return &Error{At: at, Text: fmt.Sprintf("%q is there already, at %s", name, first)}
		}
		places[name] = at
		value, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{at, name, value})
	}
	_, _, err := p.token()
	return err
}
