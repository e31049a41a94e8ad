package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shape is what a JSON value may have: the members of an object, or the
// elements of a list. A nil shape takes anything.
type shape struct {
	members map[string]*shape
	element *shape
}

// shapeOf reads a Go type the way encoding/json would.
func shapeOf(t reflect.Type) *shape {
	switch t.Kind() {
	case reflect.Pointer:
		return shapeOf(t.Elem())
	case reflect.Slice:
		if element := shapeOf(t.Elem()); element != nil {
			return &shape{element: element}
		}
	case reflect.Struct:
		members := map[string]*shape{}
		for _, field := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name != "" && name != "-" {
				members[name] = shapeOf(field.Type)
			}
		}
		return &shape{members: members}
	}
	return nil
}

// decode reads the body into a value of the shape's type. What encoding/json
// lets pass is refused: members that are not documented, written in another
// case or given twice, and bytes after the object.
func (s *shape) decode(x *exchange, into any) error {
	if !isJSON(x.r.Header) {
		return refuse(http.StatusBadRequest, "Content-Type must be application/json")
	}
	if !utf8.Valid(x.body) {
		return refuse(http.StatusBadRequest, "the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(x.body))
	if err := s.object(d); err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	d = json.NewDecoder(bytes.NewReader(x.body))
	d.UseNumber() // metadata goes back as it came
	if err := d.Decode(into); err != nil {
		return refuse(http.StatusBadRequest, decodeReason(err))
	}
	return nil
}

// withExtras is a shape with the members of WithExtraFields, of all operations
// that the body may turn out to be.
func (x *exchange) withExtras(s *shape) *shape {
	extra := x.server.config.extra
	if len(extra) == 0 {
		return s
	}
	members := maps.Clone(s.members)
	for _, op := range x.endpoint.ops {
		for _, name := range extra[op] {
			if _, documented := members[name]; !documented {
				members[name] = nil
			}
		}
	}
	return &shape{members: members}
}

// othersExtras refuses the extra members of an operation that shares the route.
func (x *exchange) othersExtras() error {
	extra := x.server.config.extra
	for _, op := range x.endpoint.ops {
		for _, name := range extra[op] {
			if slices.Contains(extra[x.op], name) {
				continue
			}
			var members map[string]json.RawMessage
			if err := json.Unmarshal(x.body, &members); err != nil || members[name] != nil {
				return refuse(http.StatusBadRequest, "field "+strconv.Quote(name)+" is not documented")
			}
		}
	}
	return nil
}

func decodeReason(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return "field " + strconv.Quote(wireName(wrong.Field)) + " must not be " + article(wrong.Value)
	}
	return "the body is not the JSON that is documented: " + err.Error()
}

// wireName takes the names of embedded Go types out of a field's path: no
// member on the wire begins with a capital.
func wireName(field string) string {
	names := strings.Split(field, ".")
	return strings.Join(slices.DeleteFunc(names, func(name string) bool { return name != "" && unicode.IsUpper(rune(name[0])) }), ".")
}

func article(kind string) string {
	if strings.HasPrefix(kind, "array") || strings.HasPrefix(kind, "object") {
		return "an " + kind
	}
	return "a " + kind
}

// object checks that the body is one object of the shape and nothing else.
func (s *shape) object(d *json.Decoder) error {
	first, err := d.Token()
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the body is empty: it must be a JSON object")
	case err != nil:
		return notJSON(err)
	case first != json.Delim('{'):
		return errors.New("the body must be a JSON object")
	}
	if err := s.inObject(d, "", 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the body has bytes after its JSON object")
	}
	return nil
}

const maxDepth = 100

func (s *shape) value(d *json.Decoder, at string, depth int) error {
	token, err := d.Token()
	if err != nil {
		return notJSON(err)
	}
	if depth > maxDepth {
		return errors.New("the body is nested too deep")
	}
	switch token {
	case json.Delim('{'):
		return s.inObject(d, at, depth)
	case json.Delim('['):
		return s.inList(d, at, depth)
	}
	return nil
}

func (s *shape) inObject(d *json.Decoder, at string, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return notJSON(err)
		}
		name, _ := token.(string)
		field := join(at, name)
		if seen[name] {
			return errors.New("field " + strconv.Quote(field) + " is given twice")
		}
		seen[name] = true
		inner, err := s.member(name, field)
		if err != nil {
			return err
		}
		if err := inner.value(d, field, depth+1); err != nil {
			return err
		}
	}
	return closing(d)
}

func (s *shape) inList(d *json.Decoder, at string, depth int) error {
	var element *shape
	if s != nil {
		element = s.element
	}
	for d.More() {
		if err := element.value(d, at, depth+1); err != nil {
			return err
		}
	}
	return closing(d)
}

// member is the shape of one member of an object.
func (s *shape) member(name, field string) (*shape, error) {
	if s == nil || s.members == nil {
		return nil, nil
	}
	if inner, ok := s.members[name]; ok {
		return inner, nil
	}
	for documented := range s.members {
		if strings.EqualFold(documented, name) {
			return nil, errors.New("field " + strconv.Quote(field) + " must be written " + strconv.Quote(strings.TrimSuffix(field, name)+documented))
		}
	}
	return nil, errors.New("field " + strconv.Quote(field) + " is not documented")
}

func closing(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return notJSON(err)
	}
	return nil
}

func notJSON(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return errors.New("the body is not JSON: " + err.Error())
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
