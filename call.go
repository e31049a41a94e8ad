package agentmsg

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// request is what a method knows of its call.
type request struct {
	op     wire.Op
	args   []string // of the route's path, in its order
	query  url.Values
	body   any           // encoded as JSON; nil: none
	file   *fileTransfer // with a storage, instead of route and body
	custom *Request      // of Do, instead of route and body
}

// call is the only road from a method to the network: it builds the request,
// lets the transport take it there and back, and returns the answer or one of
// the four errors.
func call[T any](ctx context.Context, c *core, r request, opts []CallOption) (*T, error) {
	out := new(T)
	x := &exchange{core: c, name: Op(r.op.Name()), asked: r.custom, out: out}
	if err := x.prepare(ctx, r, opts); err != nil {
		return nil, err
	}
	if response := x.options.response; response != nil {
		defer x.fill(response, time.Now())
	}
	transport.Do(ctx, x.peer(), &x.Call)
	if err := x.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// exchange is one call under way: the transport's half, and what the bodies
// mean.
type exchange struct {
	transport.Call
	core     *core
	name     Op
	asked    *Request // of Do; nil: the options' op says it all
	options  callConfig
	out      any   // the answer
	unusable error // why the last success is none
}

func (x *exchange) api() API {
	if x.asked != nil {
		return x.asked.API
	}
	return API(x.options.op.API())
}

// endpoint is the client's for the call's API; nil: it has none.
func (x *exchange) endpoint() *endpoint {
	if x.core == nil {
		return nil
	}
	return x.core.endpoints[x.api()]
}

// prepare builds the request. Everything that can be wrong before the network
// is found here.
func (x *exchange) prepare(ctx context.Context, r request, opts []CallOption) error {
	if ctx == nil {
		return invalid(x.name, "ctx", "is nil: give context.Background()")
	}
	x.options.op, x.options.class = r.op, r.op.Class()
	if r.custom != nil {
		if err := x.custom(r.custom, &r); err != nil {
			return err
		}
	}
	for _, opt := range opts {
		if opt == nil {
			return invalid(x.name, "a CallOption", "is nil")
		}
		if err := opt(&x.options); err != nil {
			return x.named(err)
		}
	}
	if err := x.address(r); err != nil {
		return err
	}
	if err := x.encode(r.body); err != nil {
		return err
	}
	x.Caller = x
	x.Rule = transport.Rule{
		Repeatable: x.options.class != wire.Unsafe || x.options.retryAmbiguous,
		Keyed:      x.options.class == wire.Keyed,
	}
	if r.file != nil {
		if err := x.transfer(r.file); err != nil {
			return err
		}
	}
	x.headers()
	x.limits()
	return nil
}

// encode writes the body once; each attempt reads it anew.
func (x *exchange) encode(body any) error {
	if body == nil {
		if len(x.options.fields) > 0 {
			return invalid(x.name, "WithField", "needs a JSON object, and this call has no body")
		}
		return nil
	}
	b, err := json.Marshal(body)
	if err != nil {
		param := "Body" // of Do
		if x.options.op == wire.SendConversationMessage {
			param = "Metadata" // of all params alone free-form
		}
		return invalid(x.name, param, "cannot be written as JSON: "+err.Error()+"; give what encoding/json can write")
	}
	x.Payload, err = x.options.addFields(b)
	return x.named(err)
}

// headers are those that not every request has.
func (x *exchange) headers() {
	keyed := x.options.class == wire.Keyed
	if keyed && x.options.key == "" {
		x.options.key = newKey()
	}
	if x.options.key != "" {
		x.options.headers = append(x.options.headers, transport.Header{Name: wire.HeaderIdempotencyKey, Value: x.options.key})
	}
	x.Headers = x.options.headers
	if keyed {
		return
	}
	// net/http replays a request by itself when it sees such a header under
	// its canonical name, which would send an unkeyed message twice.
	for i, h := range x.Headers {
		if replayable(h.Name) {
			x.Headers[i].Name = strings.ToLower(h.Name)
		}
	}
}

// newKey is a random UUID.
func newKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func replayable(name string) bool {
	return name == wire.HeaderIdempotencyKey || name == "Idempotency-Key"
}

// limits are those of the call, else of the client, else the API's.
func (x *exchange) limits() {
	policy := x.core.config.retry
	x.MaxAttempts = cmp.Or(x.options.maxAttempts, atMost32(policy.MaxAttempts), 3)
	usual := 30 * time.Second
	if x.api() == BluBash { // it waits for an AI
		usual = 120 * time.Second
	}
	if x.Source != nil {
		usual += time.Duration(x.Source.Size/(256<<10)) * time.Second
	}
	x.Timeout = cmp.Or(x.options.timeout, policy.AttemptTimeout, usual)
	if h := x.core.config.http; h != nil && h.Timeout > 0 {
		x.Timeout = min(x.Timeout, h.Timeout)
	}
}

func atMost32(n int) int32 { return int32(min(n, math.MaxInt32)) } //nolint:gosec // no n is negative

// named gives an option's error the operation's name.
func (x *exchange) named(err error) error {
	if p, ok := err.(*ParamError); ok { //nolint:errorlint // made by our own option, never wrapped
		p.Op = x.name
	}
	return err
}

// Request is a call of [Do].
type Request struct {
	API    API
	Method string
	// Path is the elements below the API's base URL, each escaped; none: the
	// base itself.
	Path  []string
	Query url.Values
	// Body is written as JSON; nil: none.
	Body any
}

// Do makes a call that has no method yet, on the same road as the others:
// credentials, limits, retries, errors, redaction. GET and HEAD are safe to
// repeat; any other method is repeated only where the request was provably
// not taken.
//
// Do[struct{}] and HEAD promise nothing: any 2xx is a success.
// Do[json.RawMessage] gives the body as it came. Any other T needs a JSON
// value: null and an empty body are a [*DecodeError].
func Do[T any](ctx context.Context, c *Client, r Request, opts ...CallOption) (*T, error) {
	if c == nil {
		return nil, invalid(OpDo, "the client", "is nil: make one with NewClient")
	}
	return call[T](ctx, c.core, request{op: wire.Do, custom: &r}, opts)
}

// custom takes over what Do was given.
func (x *exchange) custom(given *Request, r *request) error {
	switch given.API {
	case MAIA, BluBash, Conversations:
	default:
		return invalid(OpDo, "API", "is none of MAIA, BluBash and Conversations")
	}
	if given.Method == "" || strings.Trim(given.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || given.Method == http.MethodConnect {
		return invalid(OpDo, "Method", "is no HTTP method in capital letters, like http.MethodGet")
	}
	for _, element := range given.Path {
		if reason := badElement(element); reason != "" {
			return invalid(OpDo, "Path", "has an element that "+reason+": give the id, or leave it out")
		}
	}
	x.Method = given.Method
	if given.Method == http.MethodGet || given.Method == http.MethodHead {
		x.options.class = wire.Safe
	}
	r.body = given.Body
	return nil
}

// addFields adds members to a JSON object.
func (c *callConfig) addFields(object []byte) ([]byte, error) {
	if len(c.fields) == 0 {
		return object, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil || members == nil {
		return nil, invalid("", "WithField", "needs a JSON object as the body")
	}
	for _, f := range c.fields {
		if _, taken := members[f.name]; taken {
			return nil, invalid("", "WithField", "names "+f.name+", which the body has already: set it there")
		}
		members[f.name] = f.value
		name, err := json.Marshal(f.name)
		if err != nil {
			return nil, err
		}
		object = bytes.TrimSuffix(object, []byte("}"))
		if len(object) > 1 {
			object = append(object, ',')
		}
		object = append(append(append(append(object, name...), ':'), f.value...), '}')
	}
	return object, nil
}
