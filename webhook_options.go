package agentmsg

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/internal/signature"
)

// MAIA waits 10 s for an answer; what is left is for the network.
const (
	defaultWebhookDeadline = 8 * time.Second
	minWebhookDeadline     = 1 * time.Second
	maxWebhookDeadline     = 9 * time.Second
)

// WebhookOption is an option of [NewWebhookHandler]. Options are applied in
// order, and the later wins.
type WebhookOption func(*webhookConfig) error

type webhookConfig struct {
	handle  func(context.Context, Event) error
	tap     func(context.Context, Event) (taken bool, err error) // nil: none
	keys    secretKeys
	tenants func(*http.Request) (Tenant, error) // nil: there is one, with keys
	deduper Deduper
	logger  *slog.Logger // nil: slog.Default

	workers, depth int // 0: no queue

	deadline        time.Duration // as given; 0: none was
	requestDeadline time.Duration // of a request, from its arrival
}

func newWebhookConfig(handle func(context.Context, Event) error, opts []WebhookOption) (webhookConfig, error) {
	c := webhookConfig{handle: handle, requestDeadline: defaultWebhookDeadline}
	for _, opt := range opts {
		if opt == nil {
			return c, webhookOptionError("opts", "has a nil option: leave it out")
		}
		if err := opt(&c); err != nil {
			return c, err
		}
	}
	if !c.keys.usable && c.tenants == nil {
		return c, webhookOptionError("opts", "has neither WithWebhookSecrets nor WithWebhookTenants: without a secret nothing can be verified, so give one of them")
	}
	if c.workers == 0 && c.deadline != 0 {
		if c.deadline < minWebhookDeadline || c.deadline > maxWebhookDeadline {
			return c, webhookOptionError("WithWebhookDeadline", fmt.Sprintf("has %v: give 1s to 9s, for MAIA waits 10s; a function that takes longer belongs in a queue (WithWebhookQueue)", c.deadline))
		}
		c.requestDeadline = c.deadline
	}
	if c.deduper == nil {
		c.deduper = new(MemoryDeduper)
	}
	return c, nil
}

func webhookOptionError(option, reason string) error {
	return &ParamError{Op: "NewWebhookHandler", Param: option, Reason: reason, Code: ErrInvalidParam}
}

// WithWebhookSecrets verifies deliveries under any of the secrets: give the old
// and the new one while you rotate them. No secret is an error, and so is one
// that is blank, begins with a byte order mark, has blanks around it or a line
// break in it, as a file or a variable adds them. It takes the place of
// [WithWebhookTenants].
func WithWebhookSecrets(secrets ...string) WebhookOption {
	return func(c *webhookConfig) error {
		if len(secrets) == 0 {
			return webhookOptionError("WithWebhookSecrets", "has no secret: give the one that MAIA signs with")
		}
		for i, secret := range secrets {
			if reason := badSecret(secret); reason != "" {
				return webhookOptionError("WithWebhookSecrets", fmt.Sprintf("has a secret (%d of %d) that %s", i+1, len(secrets), reason))
			}
		}
		c.keys = secretKeys{usable: true, verify: signature.NewKeys(secrets...).Verify}
		c.tenants = nil
		return nil
	}
}

// badSecret says what is wrong with a secret without showing any of it: what
// a file or a variable adds to one makes every delivery fail.
func badSecret(secret string) string {
	switch {
	case strings.TrimSpace(secret) == "" || !signature.Usable(secret):
		return "is blank: leave it out, or set the variable that it comes from"
	case strings.HasPrefix(secret, string(byteOrderMark)):
		return "begins with a byte order mark: save its file without one"
	case strings.ContainsAny(secret, "\r\n"):
		return "has a line break: cut it off where the secret is read"
	case strings.TrimSpace(secret) != secret:
		return "has blanks around it: give it exactly as the dashboard shows it"
	}
	return ""
}

// WithWebhookTenants receives for many customers behind one handler. f says
// whose delivery a request is, by its path, host or header, before anything of
// it is verified or read: it sees no body, and its request's context ends with
// the deadline. [ErrNotFound] answers 401; any other error, a panic, an empty
// ID or no usable secret 503. f is called by many goroutines at once, and obeys
// that context: [WebhookHandler.Shutdown] does not wait for it. It takes the
// place of [WithWebhookSecrets].
//
// The ID scopes everything that the handler keeps, so that no customer's
// delivery suppresses, delays or answers another's.
func WithWebhookTenants(f func(*http.Request) (Tenant, error)) WebhookOption {
	return func(c *webhookConfig) error {
		if f == nil {
			return webhookOptionError("WithWebhookTenants", "has a nil function: give one that says whose delivery a request is")
		}
		c.tenants = f
		c.keys = secretKeys{}
		return nil
	}
}

// WithWebhookTap calls f after the claim and before the function and the queue;
// package agent takes the answers that it waits for by it. When f has taken
// the event, that is done; after an error, whether taken or not, the answer is
// 503, and the event comes again. f is called by many goroutines at once, and
// obeys its context, as the function does. There is one tap: f may ask several
// agents, one after another.
func WithWebhookTap(f func(context.Context, Event) (taken bool, err error)) WebhookOption {
	return func(c *webhookConfig) error {
		if f == nil {
			return webhookOptionError("WithWebhookTap", "has a nil function: give an agent's Take, or leave the option out")
		}
		c.tap = f
		return nil
	}
}

// WithDeduper remembers in d which events were handled. The default is a
// [MemoryDeduper], which knows this process alone and forgets when it ends.
// Where its Claim fails the answer is 503. Where its Done fails after a success
// the answer is 200 all the same, and the log has the failure.
//
// The keys are the events' DedupeKeys, with tenants behind the tenant's escaped
// ID and a slash. While the function runs the event's key is claimed, with a
// lease of 3 s that is renewed each second: who uses the same store for keys of
// his own puts something before them.
func WithDeduper(d Deduper) WebhookOption {
	return func(c *webhookConfig) error {
		if d == nil {
			return webhookOptionError("WithDeduper", "has a nil deduper: leave the option out for one in memory")
		}
		c.deduper = d
		return nil
	}
}

// WithWebhookQueue acknowledges an event once it is queued, and runs the
// function afterwards, in up to workers goroutines. The events of one session
// run one after another in the order of their arrival, those of different
// sessions beside each other; events without a session have no order. depth is
// how many events may wait, those in back-off included; beyond it the answer
// is 503. Both are at least 1. An event that runs and fails waits also where
// depth is reached: at no time are there more than workers and depth together.
// Each takes about twice its body, which has at most 1 MiB, and half a KB.
//
// A run that fails is repeated after 1, 2 and 4 s, while later events of its
// session wait; after the fourth the event is logged and counted as given up.
// The function's context has the request's values, and ends only with
// [WithWebhookDeadline].
//
// What is queued lives in memory: events that were acknowledged and not yet
// handled die with the process, and nothing fetches them again. Without a
// queue an event is acknowledged after the function has returned, and does
// not. [WebhookHandler.Shutdown] drains the queue.
func WithWebhookQueue(workers, depth int) WebhookOption {
	return func(c *webhookConfig) error {
		switch {
		case workers < 1:
			return webhookOptionError("WithWebhookQueue", fmt.Sprintf("has %d workers: give 1 or more", workers))
		case depth < 1:
			return webhookOptionError("WithWebhookQueue", fmt.Sprintf("has a depth of %d: give 1 or more", depth))
		}
		c.workers, c.depth = workers, depth
		return nil
	}
}

// WithWebhookDeadline is how long a delivery may take from its arrival, body
// included: 1 s to 9 s, default 8 s, for MAIA waits 10 s. Then the answer is
// 503. In queue mode it bounds each run of the function, from its start: any
// positive time, by default none; the request keeps 8 s.
func WithWebhookDeadline(d time.Duration) WebhookOption {
	return func(c *webhookConfig) error {
		if d <= 0 {
			return webhookOptionError("WithWebhookDeadline", fmt.Sprintf("has %v: give a positive time", d))
		}
		c.deadline = d
		return nil
	}
}

// WithWebhookLogger logs what is refused, fails, is late or is given up; the
// default is slog's. Refusals and what is late are warnings; what failed, was
// given up or lost its claim are errors. No line has a message's text, a
// secret, a signature or a URL: of an event its kind, session and id, of an
// error or panic of yours the Go type and of a panic the stack, never the text.
// What an error of your function, tap, tenants or deduper says is seen nowhere
// unless it is logged where it arises.
func WithWebhookLogger(l *slog.Logger) WebhookOption {
	return func(c *webhookConfig) error {
		if l == nil {
			return webhookOptionError("WithWebhookLogger", "has a nil logger: leave the option out for slog's, or give slog.New(slog.DiscardHandler)")
		}
		c.logger = l
		return nil
	}
}
