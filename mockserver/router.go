package mockserver

import (
	"net/http"
	"reflect"
	"sync"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// endpoint is one route: the operations that share it and the function that
// answers them. It handles requests by saying that it is the one.
type endpoint struct {
	route wire.Op // one of its operations, for API and route
	ops   []agentmsg.Op
	shape *shape // of the body; nil: none is taken
	run   func(*exchange) (result, error)
	raw   func(*exchange) answer // instead of run: no credential, no JSON
}

// ServeHTTP is the router's way to name the endpoint; w is an *exchange.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, _ *http.Request) { w.(*exchange).endpoint = e }

func (e *endpoint) api() wire.API { return e.route.API() }

// router is the same for each server without a WithRoute: a table that is
// never written to again.
var router = sync.OnceValue(newRouter)

func newRouter() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle(storagePath+"{key...}", &endpoint{route: wire.Put, raw: serveStorage})
	for _, e := range endpoints() {
		prefix := ""
		if e.api() == wire.Conversations {
			prefix = "/v1"
		}
		mux.Handle(e.route.Route().Pattern(prefix), e)
	}
	return mux
}

// endpoints are all routes. Where two operations share one, the body tells
// them apart.
func endpoints() []*endpoint {
	return []*endpoint{
		on(postMessage, wire.Send, wire.Echo),
		on(requestUpload, wire.RequestUpload),
		get(getAttachment, wire.DownloadURL),
		on(postAgentMessage, wire.SendAgentMessage, wire.AddNote),
		on(linkMessage, wire.LinkMessage),
		on(updateStatus, wire.UpdateStatus),
		on(react, wire.React),
		on(pauseAI, wire.PauseAI, wire.ResumeAI),
		get(listKanbans, wire.ListKanbans),
		get(listConnections, wire.ListConnections),
		contactEndpoint(),
		on(postConversationMessage, wire.SendConversationMessage),
	}
}

// on makes an endpoint of a function that takes a T for a body.
func on[T any](answer func(*exchange, *T) (result, error), ops ...wire.Op) *endpoint {
	e := &endpoint{route: ops[0], shape: shapeOf(reflect.TypeFor[T]())}
	for _, op := range ops {
		e.ops = append(e.ops, agentmsg.Op(op.Name()))
	}
	e.run = func(x *exchange) (result, error) {
		var body T
		if err := x.withExtras(e.shape).decode(x, &body); err != nil {
			return result{}, err
		}
		if shared, ok := any(&body).(interface{ op(agentmsg.Op) agentmsg.Op }); ok {
			x.op = shared.op(x.op)
		}
		if err := x.othersExtras(); err != nil {
			return result{}, err
		}
		if err := x.meet(&body); err != nil {
			return result{}, err
		}
		return answer(x, &body)
	}
	return e
}

// get makes an endpoint of a function that takes no body. Ours: a vendor may
// overlook one.
func get(answer func(*exchange) (result, error), op wire.Op) *endpoint {
	return &endpoint{route: op, ops: []agentmsg.Op{agentmsg.Op(op.Name())}, run: func(x *exchange) (result, error) {
		if len(x.body) > 0 {
			return result{}, refuse(http.StatusBadRequest, "a GET has no body")
		}
		if err := x.meet(nil); err != nil {
			return result{}, err
		}
		return answer(x)
	}}
}
