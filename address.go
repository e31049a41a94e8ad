package agentmsg

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// address finds the endpoint and builds the URL.
func (x *exchange) address(r request) error {
	endpoint := x.endpoint()
	if endpoint == nil {
		return notConfigured(x.name, x.api())
	}
	route := r.op.Route()
	if r.file != nil {
		x.Method = route.Method()
		return x.presigned(r.file)
	}
	var path string
	if r.custom == nil {
		for i, arg := range r.args {
			name, several := argName(route.Template(), i)
			if reason := badArg(arg, several); reason != "" {
				return invalid(x.name, name, reason)
			}
		}
		x.Method = route.Method()
		path = route.Path(r.args...)
		x.URL.RawQuery = r.query.Encode()
	} else {
		path = wire.PathOf(r.custom.Path...)
		x.URL.RawQuery = r.custom.Query.Encode()
	}
	x.URL = join(endpoint.base, path, x.URL.RawQuery)
	return nil
}

// route is the call's method and path as documentation writes them, for
// texts: it holds no id, no host and no query.
func (x *exchange) route() string {
	if x.options.op == wire.Do {
		return x.Method + " " + cmp.Or(wire.PathOf(x.asked.Path...), "/")
	}
	return x.options.op.Route().String()
}

// join puts an escaped path below a base.
func join(base *url.URL, path, query string) url.URL {
	u := url.URL{Scheme: base.Scheme, Host: base.Host, RawQuery: query}
	if base.RawPath == "" && !strings.Contains(path, "%") {
		u.Path = base.Path + path
		return u
	}
	u.RawPath = base.EscapedPath() + path
	u.Path, _ = url.PathUnescape(u.RawPath) // made by PathEscape: always valid
	return u
}

// badElement says why a path element cannot be sent; empty: it can.
func badElement(arg string) string {
	switch arg {
	case "":
		return "is empty"
	case ".", "..":
		return "is " + arg + ", which a URL takes for a folder"
	}
	return ""
}

// badArg says why a path argument cannot be sent: one element, or several
// with slashes between them.
func badArg(arg string, several bool) string {
	if !several {
		if reason := badElement(arg); reason != "" {
			return reason + ": give the id"
		}
		return ""
	}
	for element := range strings.SplitSeq(arg, "/") {
		if reason := badElement(element); reason != "" {
			return "has an element that " + reason + ": give the key as the upload returned it"
		}
	}
	return ""
}

// argName is a path argument as the methods call it: {sessionId} is SessionID,
// {fileKey...} is FileKey and several elements.
func argName(template string, i int) (name string, several bool) {
	name = strings.Split(template, "{")[i+1]
	name, _, _ = strings.Cut(name, "}")
	name, several = strings.CutSuffix(name, "...")
	name = strings.ToUpper(name[:1]) + name[1:]
	if short, ok := strings.CutSuffix(name, "Id"); ok {
		name = short + "ID"
	}
	return name, several
}

func notConfigured(op Op, api API) error {
	option := map[API]string{MAIA: "WithMAIA", BluBash: "WithBluBash", Conversations: "WithConversations"}[api]
	return &ParamError{Op: op, Param: "the client", Reason: "is not configured for " + string(api) + ": give " + option + " to NewClient", Code: ErrNotConfigured}
}
