package mockserver

import "net/http"

// NewPipe serves h behind the same kind of pipe as [Server.Transport].
func NewPipe(h http.Handler) (transport *http.Transport, closes func()) {
	p := newPipeHost(h)
	return p.transport, p.close
}
