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
)

// Tenant is a customer of yours whose webhooks a handler receives beside those
// of others. fmt and slog print its ID alone; json.Marshal writes the secrets
// too, so a struct of your own around one leaks them in JSON logs.
type Tenant struct {
	// ID tells tenants apart; never empty.
	ID string
	// Secrets are the webhook's, the old and the new one during a rotation.
	// One that [WithWebhookSecrets] would refuse verifies nothing.
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
// handled. It does not end with the request. The event is the function's, which
// may write to it; what is asked later is kept beside it.
type handling struct {
	context.Context
	tenant string
	event  Event

	kind    EventType
	session SessionID
	id      string        // the event's among the tenant's
	keep    time.Duration // how long that is remembered
}

func newHandling(request context.Context, tenant string, event Event) handling {
	return handling{
		Context: context.WithoutCancel(request), tenant: tenant, event: event,
		kind: event.EventType(), session: event.Session(), id: event.DedupeKey(), keep: keepFor(event),
	}
}

// name is what a log calls the event.
func (h *handling) name() slog.Attr {
	return slog.Group("event", slog.String("type", string(h.kind)), slog.String("session", string(h.session)), slog.String("id", h.id))
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
		return h.id
	}
	return url.PathEscape(h.tenant) + "/" + h.id
}

// tenantOf is whose delivery it is, and what to verify it with.
func (r *receiver) tenantOf(request *http.Request, deadline time.Time) (string, secretKeys, error) {
	if r.tenants == nil {
		return "", r.keys, nil
	}
	tenant, err := r.askTenant(request, deadline)
	switch {
	case err == ErrNotFound: //nolint:errorlint // askTenant has looked into it
		return "", secretKeys{}, unsigned(errors.New("the tenant function knows no such tenant"))
	case err != nil:
		return "", secretKeys{}, unavailable(fmt.Errorf("the tenant function failed with a %T", err))
	case tenant.ID == "":
		return "", secretKeys{}, unavailable(errors.New("the tenant function returned a tenant without an ID"))
	}
	secrets, err := usableSecrets(tenant)
	if err != nil {
		return "", secretKeys{}, unavailable(err)
	}
	return tenant.ID, secretsOf(secrets), nil
}

// usableSecrets leaves out what [WithWebhookSecrets] would refuse: anybody can
// sign with a blank secret.
func usableSecrets(tenant Tenant) ([]string, error) {
	isBad := func(secret string) bool { return badSecret(secret) != "" }
	bad := slices.IndexFunc(tenant.Secrets, isBad)
	switch {
	case len(tenant.Secrets) == 0:
		return nil, errors.New("the tenant has no secret: nothing can be verified")
	case bad < 0:
		return tenant.Secrets, nil
	}
	usable := slices.DeleteFunc(slices.Clone(tenant.Secrets), isBad)
	if len(usable) == 0 {
		return nil, fmt.Errorf("the tenant has no usable secret: one %s", badSecret(tenant.Secrets[bad]))
	}
	return usable, nil
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
			if errors.Is(err, ErrNotFound) {
				return ErrNotFound
			}
			return err
		})
		if f.err != ErrNotFound { //nolint:errorlint // as it was made above
			r.logFailure(ctx, "tenant function", f.err)
		}
	}()
	select {
	case f := <-answer:
		return f.tenant, f.err
	case <-ctx.Done():
		return Tenant{}, ctx.Err()
	}
}
