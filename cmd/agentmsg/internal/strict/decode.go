package strict

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

func decode(n *node, into any) error {
	v := reflect.ValueOf(into).Elem()
	d := &decoder{}
	for i := range v.NumField() {
		if places, ok := v.Field(i).Addr().Interface().(*Places); ok {
			d.places = Places{}
			*places = d.places
		}
	}
	return d.assign(n, v, "")
}

type decoder struct{ places Places } // nil: nobody wants them

func mistake(n *node, path, format string, args ...any) error {
	return &Error{At: n.At, Path: path, Text: fmt.Sprintf(format, args...)}
}

// assign puts a node into a value. null leaves it as it is.
func (d *decoder) assign(n *node, v reflect.Value, path string) error {
	if d.places != nil {
		d.places[path] = n.At
	}
	if n.kind == null {
		return nil
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return d.assign(n, v.Elem(), path)
	}
	if reader, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return assignText(n, reader, path)
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.assignStruct(n, v, path)
	case reflect.Slice:
		return d.assignList(n, v, path)
	case reflect.Map:
		return d.assignMap(n, v, path)
	}
	return assignScalar(n, v, path)
}

// assignText is for types that read a text.
func assignText(n *node, reader encoding.TextUnmarshaler, path string) error {
	if n.kind != text && (n.kind != number || !n.plain) {
		return mistake(n, path, "%s, where a text is wanted", n.kind)
	}
	if err := reader.UnmarshalText([]byte(n.text)); err != nil {
		return mistake(n, path, "%v", err)
	}
	return nil
}

func assignScalar(n *node, v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.String:
		if n.kind != text && (!n.plain || n.kind == boolean) {
			return mistake(n, path, "%s, where a text is wanted%s", n.kind, quoteIt(n))
		}
		v.SetString(n.text)
	case reflect.Bool:
		if n.kind != boolean {
			return mistake(n, path, "%s, where true or false is wanted", n.kind)
		}
		v.SetBool(strings.EqualFold(n.text, "true"))
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(n.text, 10, 64)
		if n.kind != number || err != nil {
			return mistake(n, path, "%s, where a whole number is wanted", shown(n))
		}
		v.SetInt(i)
	default:
		panic("strict: no member may be a " + v.Type().String())
	}
	return nil
}

func quoteIt(n *node) string {
	if n.plain {
		return ": put it in quotes"
	}
	return ""
}

func shown(n *node) string {
	if n.kind == number {
		return n.text
	}
	return n.kind.String()
}

func (d *decoder) assignList(n *node, v reflect.Value, path string) error {
	if n.kind != list {
		return mistake(n, path, "%s, where a list is wanted", n.kind)
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		if err := d.assign(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) assignMap(n *node, v reflect.Value, path string) error {
	if n.kind != object {
		return mistake(n, path, "%s, where an object is wanted", n.kind)
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, m := range n.members {
		value := reflect.New(v.Type().Elem()).Elem()
		if err := d.assign(m.value, value, join(path, m.name)); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(m.name).Convert(v.Type().Key()), value)
	}
	return nil
}

func (d *decoder) assignStruct(n *node, v reflect.Value, path string) error {
	if n.kind != object {
		return mistake(n, path, "%s, where an object is wanted", n.kind)
	}
	fields, names := fieldsOf(v)
	for _, m := range n.members {
		field, ok := fields[m.name]
		if !ok {
			hint := "known are " + strings.Join(names, ", ")
			if c := closest(m.name, names); c != "" {
				hint = fmt.Sprintf("did you mean %q?", c)
			}
			return &Error{At: m.At, Path: join(path, m.name), Text: "there is no such member; " + hint}
		}
		if err := d.assign(m.value, field, join(path, m.name)); err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf are a struct's members by their JSON names.
func fieldsOf(v reflect.Value) (map[string]reflect.Value, []string) {
	fields := map[string]reflect.Value{}
	var names []string
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		if name != "" && name != "-" {
			fields[name] = v.Field(i)
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return fields, names
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
