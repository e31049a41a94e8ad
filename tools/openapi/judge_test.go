package openapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// exchange is one request and its answer, both whole.
type exchange struct {
	method   string
	url      *url.URL
	header   http.Header
	body     []byte
	status   int
	answered http.Header
	answer   []byte
	webhook  string // of a delivery: the name of the document's webhook
}

// verdict is what a document makes of an exchange.
type verdict struct {
	operation string // empty: no document has it
	status    string // as the document writes it
	wrong     []string
}

// judge compares an exchange with the documents, both ways: what is taken must
// be documented, and what is refused as a bad request must be so by the
// document too. The library's texts hold the values that they are about: fine
// for those of a test, never for a real service's.
func (all documents) judge(e *exchange) verdict {
	d, route, params := all.route(e)
	if route == nil {
		return verdict{wrong: []string{fmt.Sprintf("no document has %s %s", e.method, e.url.EscapedPath())}}
	}
	v := verdict{operation: route.Operation.OperationID, status: documented(route.Operation, e.status)}
	input := &openapi3filter.RequestValidationInput{
		Request: e.request(), PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: carries, MultiError: true, IncludeResponseStatus: true,
			RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true,
		},
	}
	v.request(e, input)
	v.answer(e, input)
	for i := range v.wrong {
		v.wrong[i] = fmt.Sprintf("%s: %s %s %d: %s", d.name, e.method, route.Path, e.status, v.wrong[i])
	}
	return v
}

func (v *verdict) request(e *exchange, input *openapi3filter.RequestValidationInput) {
	bad := errors.Join(openapi3filter.ValidateRequest(context.Background(), input), e.undocumented(input.Route))
	storage := strings.HasPrefix(input.Route.Path, "/storage/") // its 400s are about bytes and headers
	switch {
	case bad != nil && (e.status < 400 || e.webhook != ""):
		v.add("the mock takes what the document does not", bad)
	case bad == nil && e.webhook == "" && e.status == http.StatusBadRequest && !storage:
		v.add("the mock refuses what the document takes", errors.New(string(e.answer)))
	case bad == nil && e.status == http.StatusUnauthorized && !strings.HasPrefix(e.url.Path, "/_mock/") && len(e.header["Authorization"])+len(e.header["X-Api-Key"]) == 0:
		v.add("the document asks for no credential", nil)
	}
}

func (v *verdict) answer(e *exchange, input *openapi3filter.RequestValidationInput) {
	answer := (&openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: e.status, Header: e.answered, Options: input.Options,
	}).SetBodyBytes(e.answer)
	if err := openapi3filter.ValidateResponse(context.Background(), answer); err != nil {
		v.add("the answer is not the document's", err)
	}
}

// add notes what is wrong, without the schema and the whole value, which the
// library writes below its first line.
func (v *verdict) add(what string, err error) {
	var lines []string
	for line := range strings.Lines(fmt.Sprint(err)) {
		if strings.Contains(line, "error") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	v.wrong = append(v.wrong, fmt.Sprintf("%s: %.1000s", what, strings.Join(lines, "; ")))
}

// route finds the operation. A key of a file keeps its slashes on the wire, for
// which a document has no word: as one element it is escaped.
func (all documents) route(e *exchange) (*document, *routers.Route, map[string]string) {
	d := all.of(e.url.Path)
	if e.webhook != "" {
		item := d.Webhooks[e.webhook]
		if item == nil || item.GetOperation(e.method) == nil {
			return d, nil, nil
		}
		return d, &routers.Route{Spec: d.T, Path: e.webhook, PathItem: item, Method: e.method, Operation: item.GetOperation(e.method)}, nil
	}
	r := e.request()
	for _, prefix := range [...]string{"/attachments/", "/storage/"} {
		if key, ok := strings.CutPrefix(r.URL.EscapedPath(), prefix); ok {
			key = strings.ReplaceAll(key, "/", "%2F")
			plain, err := url.PathUnescape(key)
			if err != nil {
				return d, nil, nil
			}
			r.URL.Path, r.URL.RawPath = prefix+plain, prefix+key
		}
	}
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		return d, nil, nil
	}
	return d, route, params
}

// documented is the key of a status among an operation's responses; empty:
// there is none.
func documented(o *openapi3.Operation, status int) string {
	exact := fmt.Sprint(status)
	for _, key := range [...]string{exact, exact[:1] + "XX"} {
		if o.Responses.Value(key) != nil {
			return key
		}
	}
	return ""
}

// request is a new one that can be read.
func (e *exchange) request() *http.Request {
	target := *e.url
	r := &http.Request{
		Method: e.method, URL: &target, Host: target.Host, Header: e.header.Clone(),
		Body: io.NopCloser(bytes.NewReader(e.body)), ContentLength: int64(len(e.body)),
	}
	if len(e.body) == 0 {
		r.Body = http.NoBody
	}
	return r
}

// undocumented names the queries that the document does not have, which the
// library lets pass.
func (e *exchange) undocumented(route *routers.Route) error {
	for name := range e.url.Query() {
		has := func(p *openapi3.ParameterRef) bool { return p.Value.In == "query" && p.Value.Name == name }
		if !slices.ContainsFunc(route.PathItem.Parameters, has) && !slices.ContainsFunc(route.Operation.Parameters, has) {
			return fmt.Errorf("query %q is not documented", name)
		}
	}
	return nil
}

// carries wants a credential where the document does; that it is a good one the
// mock says.
func carries(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	name := "Authorization"
	if in.SecurityScheme.Type == "apiKey" {
		name = in.SecurityScheme.Name
	}
	if in.RequestValidationInput.Request.Header.Get(name) == "" {
		return fmt.Errorf("no %s", name)
	}
	return nil
}
