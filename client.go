package agentmsg

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/hashicorp/go-retryablehttp"
)

// Version is the version of this module, as the User-Agent states it.
const Version = "0.1.0"

// Client talks to the three APIs. It is immutable, safe for concurrent use,
// owns no goroutine and needs no closing. Make it once with [NewClient] and
// share it; a copy of it is the same client. The zero Client is of no use.
//
// A service whose API was not configured fails with [ErrNotConfigured] before
// the network.
type Client struct {
	// MAIA.
	Messages    *MessagesService
	Attachments *AttachmentsService
	Sessions    *SessionsService
	Channels    *ChannelsService
	Kanbans     *KanbansService
	Connections *ConnectionsService
	// BluBash.
	Contacts *ContactsService
	// The Conversations API.
	Conversations *ConversationsService

	core *core
}

// core is what the services of one client share. It is never written to
// after it was built.
type core struct {
	config    config
	loop      *retryablehttp.Client
	pool      http.RoundTripper // under http: the user's, or our own
	endpoints map[API]*endpoint
}

// endpoint is one configured API.
type endpoint struct {
	transport.Endpoint
	base       *url.URL
	credential *transport.Credential
	windows    []RateWindow
	storage    transport.Endpoint // where the API's presigned URLs lead
}

// NewClient returns a client with the given options. Each option is checked
// at once. Without any it is a base for [Client.With].
func NewClient(opts ...Option) (*Client, error) {
	return build(nil, config{}, opts)
}

// With returns a changed copy that shares the connections. The retry budget
// and the windows of [WithRateLimit] belong to an API and a credential: a new
// credential begins both anew. A [WithLimiter] value stays until it is
// replaced. [WithIdleConnTimeout] is an error here.
func (c *Client) With(opts ...Option) (*Client, error) {
	next := c.core.config.copy()
	next.shared, next.idle = true, 0
	return build(c.core, next, opts)
}

// RateLimit is the last limit that the API reported under this client's
// credential; false: none yet.
func (c *Client) RateLimit(api API) (RateLimit, bool) {
	e, ok := c.core.endpoints[api]
	if !ok {
		return RateLimit{}, false
	}
	l, ok := e.State.RateLimit()
	return RateLimit(l), ok
}

// CloseIdleConnections closes the connections that no call is using. Clients
// made by [Client.With] share them.
func (c *Client) CloseIdleConnections() {
	if pool, ok := c.core.pool.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

// RateLimit is a limit as an API reports it.
type RateLimit struct {
	// Limit is the requests of a window; 0: not said.
	Limit int
	// Remaining is what is left of it; -1: not said.
	Remaining int
	// Reset is when it begins anew; zero: not said.
	Reset time.Time
}

func build(from *core, cfg config, opts []Option) (*Client, error) {
	for _, opt := range opts {
		if opt == nil {
			return nil, optionError("an Option", "is nil")
		}
		if err := opt(&cfg); err != nil {
			return nil, err
		}
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &core{config: cfg, endpoints: map[API]*endpoint{}}
	c.connect(from)
	for _, api := range [...]API{MAIA, BluBash, Conversations} {
		if e := c.endpoint(from, api); e != nil {
			c.endpoints[api] = e
		}
	}
	return &Client{
		Messages:      &MessagesService{c},
		Attachments:   &AttachmentsService{c},
		Sessions:      &SessionsService{c},
		Channels:      &ChannelsService{c},
		Kanbans:       &KanbansService{c},
		Connections:   &ConnectionsService{c},
		Contacts:      &ContactsService{c},
		Conversations: &ConversationsService{c},
		core:          c,
	}, nil
}

// connect takes the connections of the client it comes from, unless it was
// given others.
func (c *core) connect(from *core) {
	user := c.config.http
	if from != nil && user == from.config.http {
		c.loop, c.pool = from.loop, from.pool
		return
	}
	var jar http.CookieJar
	if user != nil {
		c.pool, jar = user.Transport, user.Jar
	}
	if c.pool == nil {
		idle := defaultIdleConnTimeout
		if c.config.idle > 0 {
			idle = c.config.idle
		}
		c.pool = transport.NewTransport(idle)
	}
	c.loop = transport.NewLoop(c.pool, jar)
}

const (
	defaultIdleConnTimeout = 4 * time.Second
	defaultMAIABase        = "https://api.maiacompany.io"
	defaultBluBashBase     = "https://api.blubash.io"
)

// endpoint builds one API; nil: it is not configured.
func (c *core) endpoint(from *core, api API) *endpoint {
	set := c.config.apis[api]
	if set.credential == nil || set.base == nil {
		return nil
	}
	e := &endpoint{base: set.base, credential: set.credential, windows: set.windows}
	policy := c.config.retry
	e.Endpoint = transport.Endpoint{
		Loop:          c.loop,
		Credential:    set.credential,
		UserAgent:     strings.TrimSpace(c.config.userAgent + " agentmsg-go/" + Version),
		MaxRetryAfter: cmp.Or(policy.MaxRetryAfter, 60*time.Second),
		MinBackoff:    cmp.Or(policy.MinBackoff, 250*time.Millisecond),
		MaxBackoff:    cmp.Or(policy.MaxBackoff, 8*time.Second),
		Limiter:       set.limiter,
	}
	if policy.MinBackoff == 0 { // of a default and a given bound the given one stands
		e.MinBackoff = min(e.MinBackoff, e.MaxBackoff)
	}
	e.MaxBackoff = max(e.MaxBackoff, e.MinBackoff)
	c.share(from, api, e)
	e.storage = e.Endpoint
	e.storage.Credential, e.storage.Limiter, e.storage.State = nil, nil, new(transport.State)
	return e
}

// share gives the endpoint the budget, the windows and the last reported
// limit of the client it comes from, where the credential is the same.
func (c *core) share(from *core, api API, e *endpoint) {
	var old *endpoint
	if from != nil {
		old = from.endpoints[api]
	}
	if old != nil && !sameCredential(old.credential, e.credential) {
		old = nil
	}
	if old != nil {
		e.State = old.State
	} else {
		e.State = new(transport.State)
	}
	if old != nil && from.config.retry.Budget == c.config.retry.Budget {
		e.Budget = old.Budget
	} else {
		e.Budget = transport.NewBudget(cmp.Or(c.config.retry.Budget, 100))
	}
	switch {
	case e.Limiter != nil || e.windows == nil:
	case old != nil && slices.Equal(old.windows, e.windows):
		e.Limiter = old.Limiter
	default:
		e.Limiter = newLimiter(e.windows)
	}
}

// sameCredential: a source of tokens is the same only as the same option's value.
func sameCredential(a, b *transport.Credential) bool {
	return a == b || a.Source == nil && b.Source == nil && a.Token == b.Token
}

// bearer and apiKey are the two ways to say who calls.
func bearer(token string) *transport.Credential {
	return transport.Static(wire.HeaderAuthorization, "Bearer ", token)
}

func apiKey(key string) *transport.Credential { return transport.Static(wire.HeaderAPIKey, "", key) }
