package control

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/shape"
	"github.com/agentmsg/agentmsg/mockserver"
)

// route is one call of the control API.
type route struct {
	pattern   string
	about     string
	status    int  // of its success
	worldless bool // needs no world to be there
	answer    func(*call) (any, error)
}

// routes are all but the documents.
func routes() []route {
	ok, made := http.StatusOK, http.StatusCreated
	return []route{
		{"GET " + Prefix + "{$}", "what there is", ok, true, (*call).index},
		{"POST " + Prefix + "reset", "the world begins anew", ok, true, (*call).reset},
		{"GET " + Prefix + "requests", "the journal's requests; op, sessionId, since", ok, false, (*call).requests},
		{"GET " + Prefix + "deliveries", "the attempts to deliver events; sessionId, since", ok, false, (*call).deliveries},
		{"GET " + Prefix + "undelivered", "events neither delivered nor given up", ok, false, (*call).undelivered},
		{"GET " + Prefix + "unanswered", "sessions whose customer waits for the AI", ok, false, (*call).unanswered},
		{"GET " + Prefix + "sessions", "the sessions with their messages; sessionId", ok, false, (*call).sessions},
		{"GET " + Prefix + "transcript", "a session as text, a line a message; sessionId", ok, false, (*call).transcript},
		{"GET " + Prefix + "faults", "the faults at work", ok, false, (*call).faults},
		{"POST " + Prefix + "faults", "a fault from now on", made, false, (*call).inject},
		{"DELETE " + Prefix + "faults", "no fault any more", ok, false, (*call).clear},
		{"DELETE " + Prefix + "faults/{id}", "one fault less", ok, false, (*call).remove},
		{"GET " + Prefix + "matrix", "every operation with each fault that can hit it; op", ok, true, (*call).matrix},
		{"POST " + Prefix + "customer-says", "sessionId, text", made, false, says((*mockserver.Server).CustomerSays)},
		{"POST " + Prefix + "human-says", "sessionId, text", made, false, says((*mockserver.Server).HumanSays)},
		{"POST " + Prefix + "ai-says", "sessionId, text", made, false, says((*mockserver.Server).AISays)},
		{"POST " + Prefix + "owner-says", "sessionId, text", made, false, (*call).ownerSays},
		{"POST " + Prefix + "emit", "the body's bytes as an event, signed", made, false, (*call).emit},
		{"POST " + Prefix + "redeliver", "deliveryId", ok, false, (*call).redeliver},
		{"POST " + Prefix + "webhook", "url, secret: where events go from now on", ok, false, (*call).webhook},
		{"POST " + Prefix + "credentials", "maiaToken, bluBashKey, conversationsToken: what the default world takes", ok, false, (*call).credentials},
		{"POST " + Prefix + "sign", "body or bodyBase64, secret: the signature of a delivery", ok, true, (*call).sign},
		{"GET " + Prefix + "wait", "requests with op, deliveries, idle; timeout", ok, false, (*call).wait},
		{"GET " + Prefix + "events", "requests, deliveries and changes as they come, as server-sent events", ok, false, (*call).events},
	}
}

func (x *call) index() (any, error) {
	if _, err := x.queries(); err != nil {
		return nil, err
	}
	type about struct {
		Route string `json:"route"`
		About string `json:"about"`
	}
	var all []about
	for _, r := range routes() {
		all = append(all, about{strings.TrimSuffix(r.pattern, "{$}"), r.about})
	}
	all = append(all, about{"GET " + Prefix + "config.schema.json", "the JSON schema of the configuration"})
	all = append(all, about{"GET " + Prefix + "openapi/", "OpenAPI 3.1 documents of the three APIs and of this one"})
	return struct {
		Name    string  `json:"name"`
		Version string  `json:"version"`
		Worlds  int     `json:"worlds"`
		Routes  []about `json:"routes"`
	}{"agentmsg mock", x.opts.Version, len(x.house.worlds.Servers()), all}, nil
}

func (x *call) reset() (any, error) {
	if x.credential != "" {
		x.house.worlds.Reset(x.credential)
		return struct{}{}, nil
	}
	return struct{}{}, x.house.Reset()
}

func (x *call) faults() (any, error) {
	return items(shape.All(x.server.Faults(), shape.ActiveFaultOf)), nil
}

func (x *call) inject() (any, error) {
	var given shape.Fault
	if err := x.decode(&given); err != nil {
		return nil, err
	}
	f, err := given.Fault()
	if err != nil {
		return nil, bad("kind", "%v", err)
	}
	id, err := x.server.AddFault(f)
	if err != nil {
		return nil, bad("", "%s", shape.Mistake(err))
	}
	return struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}{id, f.String()}, nil
}

func (x *call) remove() (any, error) {
	id := x.r.PathValue("id")
	if !x.server.RemoveFault(id) {
		return nil, &failure{status: http.StatusNotFound, field: "id", message: "no fault at work has the id " + id + ": GET " + Prefix + "faults lists them"}
	}
	return struct{}{}, nil
}

func (x *call) clear() (any, error) {
	for _, f := range x.server.Faults() {
		x.server.RemoveFault(f.ID)
	}
	return struct{}{}, nil
}

func (x *call) matrix() (any, error) {
	q, err := x.queries("op")
	if err != nil {
		return nil, err
	}
	var ops []agentmsg.Op
	if q["op"] == string(mockserver.OpWebhook) {
		ops = append(ops, mockserver.OpWebhook)
	} else if op, err := operation(q); err != nil {
		return nil, err
	} else if op != "" {
		ops = append(ops, op)
	}
	type named struct {
		Name  string      `json:"name"`
		Fault shape.Fault `json:"fault"`
	}
	var all []named
	for f := range mockserver.Matrix(ops...) {
		all = append(all, named{f.String(), shape.FaultOf(f)})
	}
	return items(all), nil
}

func (x *call) webhook() (any, error) {
	var given struct {
		URL    string `json:"url"`
		Secret string `json:"secret"`
	}
	if err := x.decode(&given); err != nil {
		return nil, err
	}
	if err := x.server.SetWebhook(given.URL, given.Secret); err != nil {
		return nil, bad("url", "url is not absolute http or https, like http://127.0.0.1:9000/webhook")
	}
	return struct{}{}, nil
}

func (x *call) credentials() (any, error) {
	var given struct {
		MAIAToken          string `json:"maiaToken"`
		BluBashKey         string `json:"bluBashKey"`
		ConversationsToken string `json:"conversationsToken"`
	}
	if err := x.decode(&given); err != nil {
		return nil, err
	}
	if x.credential != "" {
		return nil, &failure{status: http.StatusConflict, message: "a world's credential is its name, and stays: begin another world, or call this without a test credential for the default one"}
	}
	for _, next := range [...]struct{ field, credential string }{
		{"maiaToken", given.MAIAToken}, {"bluBashKey", given.BluBashKey}, {"conversationsToken", given.ConversationsToken},
	} {
		carrier := &http.Request{Header: http.Header{"X-Api-Key": {next.credential}}}
		if _, elsewhere := mockserver.TestCredential(carrier); elsewhere {
			return nil, bad(next.field, "%s starts with test_ or sk_test_: what carries it has a world of its own, and never comes to the default one", next.field)
		}
	}
	x.server.SetCredentials(mockserver.Credentials{
		MAIAToken: agentmsg.Secret(given.MAIAToken), BluBashKey: agentmsg.Secret(given.BluBashKey), ConversationsToken: agentmsg.Secret(given.ConversationsToken),
	})
	return struct{}{}, nil
}

func (x *call) sign() (any, error) {
	var given struct {
		Body       string  `json:"body"`
		BodyBase64 *string `json:"bodyBase64"`
		Secret     string  `json:"secret"`
	}
	if err := x.decode(&given); err != nil {
		return nil, err
	}
	body := []byte(given.Body)
	if given.BodyBase64 != nil {
		var err error
		if body, err = base64.StdEncoding.DecodeString(*given.BodyBase64); err != nil || given.Body != "" {
			return nil, bad("bodyBase64", "bodyBase64 is no base64, or stands beside a body")
		}
	}
	return struct {
		Header    string `json:"header"`
		Signature string `json:"signature"`
	}{agentmsg.SignatureHeader, mockserver.Sign(given.Secret, body)}, nil
}

// items is a list as the wire has lists.
func items[T any](all []T) any {
	if all == nil {
		all = []T{}
	}
	return struct {
		Items []T `json:"items"`
	}{all}
}
