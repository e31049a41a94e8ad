package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentmsg/agentmsg"
)

// customers are whose webhooks are received: their secrets by their name in the
// path. Yours are in a database.
type customers struct {
	mu      sync.Mutex
	secrets map[string][]string
}

// set replaces a customer's secrets. A rotation is set(old), set(new, old),
// the change in MAIA's dashboard, set(new).
func (c *customers) set(name string, secrets ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secrets[name] = secrets
}

// tenant says whose delivery a request is. Who is not known gets 401; a database
// that is down is any other error, and MAIA comes again.
func (c *customers) tenant(r *http.Request) (agentmsg.Tenant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := r.PathValue("customer")
	secrets, ok := c.secrets[name]
	if !ok {
		return agentmsg.Tenant{}, agentmsg.ErrNotFound
	}
	return agentmsg.Tenant{ID: name, Secrets: secrets}, nil
}

// service is the program: webhooks at /webhooks/{customer}, and /ready for the
// load balancer.
type service struct {
	webhooks *agentmsg.WebhookHandler
	leave    time.Duration // how long the load balancer takes to see that /ready says no
	patience time.Duration // how long what runs may take then; leave and this lie within the platform's grace
	leaving  atomic.Bool
}

func newService(c *customers, handle func(context.Context, agentmsg.Event) error, log *slog.Logger) (*service, error) {
	webhooks, err := agentmsg.NewWebhookHandler(handle, agentmsg.WithWebhookTenants(c.tenant), agentmsg.WithWebhookLogger(log))
	if err != nil {
		return nil, err
	}
	return &service{webhooks: webhooks, leave: 5 * time.Second, patience: 20 * time.Second}, nil
}

func (s *service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/webhooks/{customer}", s.webhooks)
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		if s.leaving.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return mux
}

// serve serves until ctx ends, as by a signal, and then goes in the one order
// that loses nothing.
func (s *service) serve(ctx context.Context, l net.Listener) error {
	// The handler has the deadline of a delivery; these are for what is none.
	server := &http.Server{Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		// First the load balancer: deliveries still come, and are handled. One
		// that is refused for 7 s is lost.
		s.leaving.Store(true)
		select {
		case err = <-failed:
		case <-time.After(s.leave):
		}
	}
	// A context of its own, for ctx is over.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience)
	defer cancel()
	// Then the server: no new connections, and the requests end. Then the
	// handler: what overran its deadline, and still runs, ends too.
	return errors.Join(err, server.Shutdown(ending), s.webhooks.Shutdown(ending))
}
