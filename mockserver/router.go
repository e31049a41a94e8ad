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
	run   func(*exchange) (result, error)
}

// ServeHTTP is the router's way to name the endpoint; w is an *exchange.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, _ *http.Request) { w.(*exchange).endpoint = e }

func (e *endpoint) api() wire.API { return e.route.API() }

// router is the same for each server: a table that is never written to again.
var router = sync.OnceValue(func() *http.ServeMux {
	mux := http.NewServeMux()
	for _, e := range endpoints() {
		prefix := ""
		if e.api() == wire.Conversations {
			prefix = "/v1"
		}
		mux.Handle(e.route.Route().Pattern(prefix), e)
	}
	return mux
})

// endpoints are all routes. Where two operations share one, the body tells
// them apart.
func endpoints() []*endpoint {
	return []*endpoint{
		on(postMessage, wire.Send, wire.Echo),
		on(postAgentMessage, wire.SendAgentMessage),
		on(linkMessage, wire.LinkMessage),
		on(updateStatus, wire.UpdateStatus),
		on(react, wire.React),
		on(pauseAI, wire.PauseAI, wire.ResumeAI),
		on(postContactMessage, wire.SendContactMessage),
		on(postConversationMessage, wire.SendConversationMessage),
	}
}

// on makes an endpoint of a function that takes a T for a body.
func on[T any](answer func(*exchange, *T) (result, error), ops ...wire.Op) *endpoint {
	shape := shapeOf(reflect.TypeFor[T]())
	e := &endpoint{route: ops[0]}
	for _, op := range ops {
		e.ops = append(e.ops, agentmsg.Op(op.Name()))
	}
	e.run = func(x *exchange) (result, error) {
		var body T
		if err := shape.decode(x, &body); err != nil {
			return result{}, err
		}
		return answer(x, &body)
	}
	return e
}
