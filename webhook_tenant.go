package agentmsg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/agentmsg/agentmsg/internal/signature"
)

// Tenant is a customer of yours whose webhooks a handler receives beside those
// of others.
type Tenant struct {
	// ID tells tenants apart; never empty.
	ID string
	// Secrets are the webhook's, the old and the new one during a rotation.
	Secrets []string
}

// LogValue returns the ID.
func (t Tenant) LogValue() slog.Value { return slog.StringValue(t.ID) }

// Format writes the ID, whatever the verb.
func (t Tenant) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "Tenant(%q)", t.ID) }

// TenantID returns the [Tenant]'s ID in the context of a handler's function or
// tap; empty elsewhere, and where there are no tenants.
func TenantID(ctx context.Context) string {
	if h, ok := ctx.Value(handlingKey{}).(*handling); ok {
		return h.tenant
	}
	return ""
}

// HandledEvent returns the event that is being handled, in the context of a
// handler's function or tap, and contexts made of it.
func HandledEvent(ctx context.Context) (Event, bool) {
	if h, ok := ctx.Value(handlingKey{}).(*handling); ok {
		return h.event, true
	}
	return nil, false
}

type handlingKey struct{}

// handling is the context of one event: the request's values, and what is
// handled. It does not end with the request.
type handling struct {
	context.Context
	tenant string
	event  Event
}

func (h *handling) Value(key any) any {
	if _, ok := key.(handlingKey); ok {
		return h
	}
	return h.Context.Value(key)
}

// key is the event's in the deduper. An escaped ID has no slash, so no two
// pairs of tenant and key meet.
func (h *handling) key() string {
	if h.tenant == "" {
		return h.event.DedupeKey()
	}
	return url.PathEscape(h.tenant) + "/" + h.event.DedupeKey()
}

// tenant is whose delivery it is, and what to verify it with.
func (r *receiver) tenant(request *http.Request, deadline time.Time) (string, secretKeys, error) {
	if r.tenants == nil {
		return "", r.keys, nil
	}
	tenant, err := r.askTenant(request, deadline)
	switch {
	case errors.Is(err, ErrNotFound):
		return "", secretKeys{}, unsigned(errors.New("the tenant function knows no such tenant"))
	case err != nil:
		return "", secretKeys{}, unavailable(fmt.Errorf("the tenant function failed with a %T", err))
	case tenant.ID == "":
		return "", secretKeys{}, unavailable(errors.New("the tenant function returned a tenant without an ID"))
	case !slices.ContainsFunc(tenant.Secrets, signature.Usable):
		return "", secretKeys{}, unavailable(errors.New("the tenant has no secret: nothing can be verified"))
	}
	return tenant.ID, secretsOf(tenant.Secrets), nil
}

// askTenant asks the user's function on a goroutine of its own: one that does
// not look at its context must not hold up the answer.
func (r *receiver) askTenant(request *http.Request, deadline time.Time) (Tenant, error) {
	ctx, cancel := context.WithDeadline(request.Context(), deadline)
	defer cancel()
	head := request.WithContext(ctx)
	head.Body = http.NoBody
	type found struct {
		tenant Tenant
		err    error
	}
	answer := make(chan found, 1)
	go func() {
		f := found{err: errEnded} // what a function leaves that ends its goroutine
		defer func() { answer <- f }()
		f.err = r.guard(ctx, "tenant function", func() (err error) {
			f.tenant, err = r.tenants(head)
			return err
		})
	}()
	select {
	case f := <-answer:
		return f.tenant, f.err
	case <-ctx.Done():
		return Tenant{}, ctx.Err()
	}
}
