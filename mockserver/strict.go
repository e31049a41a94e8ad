package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
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
	free    bool // a member may hold any JSON
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
		object := &shape{members: map[string]*shape{}}
		for _, field := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name != "" && name != "-" {
				inner, kind := shapeOf(field.Type), field.Type.Kind()
				object.members[name] = inner
				object.free = object.free || kind == reflect.Map || kind == reflect.Interface || inner != nil && inner.free
			}
		}
		return object
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
	wrong := s.unmarshal(x.body, into)
	if err := s.check(x.body, wrong); err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	if wrong != nil {
		return refuse(http.StatusBadRequest, decodeReason(wrong))
	}
	return nil
}

// unmarshal decodes the body. Its error is a *json.SyntaxError where the body
// is no JSON.
func (s *shape) unmarshal(body []byte, into any) error {
	if !s.free {
		return json.Unmarshal(body, into)
	}
	if !json.Valid(body) { // a Decoder looks at the first value alone
		return &json.SyntaxError{}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // metadata goes back as it came
	return d.Decode(into)
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
	return &shape{members: members, free: s.free}
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
