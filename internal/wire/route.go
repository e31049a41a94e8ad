package wire

import (
	"fmt"
	"net/url"
	"strings"
)

// Route is a method and a path below an API's base URL. The path is a
// template in the syntax of net/http's ServeMux: {name} is one element,
// {name...} is all that follow. A storage's route has no path: an API gives
// the whole URL.
type Route struct {
	method, template string
}

func get(template string) Route     { return Route{"GET", template} }
func presigned(method string) Route { return Route{method, ""} }

func post(template string) Route  { return Route{"POST", template} }
func patch(template string) Route { return Route{"PATCH", template} }

// Method is the HTTP method.
func (r Route) Method() string { return r.method }

// Template is the path with its {names}; empty for a storage's route.
func (r Route) Template() string { return r.template }

// Presigned is true for a storage's route.
func (r Route) Presigned() bool { return r.method != "" && r.template == "" }

// Pattern is the route as a ServeMux pattern, below the given prefix: "" for
// an API at the root, "/v1" for one below it.
func (r Route) Pattern(prefix string) string { return r.method + " " + prefix + r.template }

// String is the route as documentation writes it: "POST /messages", "PUT
// presigned URL".
func (r Route) String() string {
	if r.Presigned() {
		return r.method + " presigned URL"
	}
	return r.method + " " + r.template
}

// Path fills the template, each argument escaped as one path element, that of
// {name...} as several: its slashes stay. It panics when the number of
// arguments is not that of the template's names: that is a mistake in this
// module, not in its use.
func (r Route) Path(args ...string) string {
	if n := strings.Count(r.template, "{"); n != len(args) {
		panic(fmt.Sprintf("wire: %s takes %d path arguments, got %d", r, n, len(args)))
	}
	if len(args) == 0 {
		return r.template
	}
	var path strings.Builder
	path.Grow(len(r.template) + 64)
	rest := r.template
	for _, arg := range args {
		open, end := strings.IndexByte(rest, '{'), strings.IndexByte(rest, '}')
		path.WriteString(rest[:open])
		if strings.HasSuffix(rest[:end], "...") {
			path.WriteString(strings.TrimPrefix(PathOf(strings.Split(arg, "/")...), "/"))
		} else {
			path.WriteString(url.PathEscape(arg))
		}
		rest = rest[end+1:]
	}
	path.WriteString(rest)
	return path.String()
}

// PathOf joins elements into a path, each escaped: what Path is to a table
// row, for a call that has none. No element gives the empty path.
func PathOf(elements ...string) string {
	var path strings.Builder
	for _, element := range elements {
		path.WriteByte('/')
		path.WriteString(url.PathEscape(element))
	}
	return path.String()
}
