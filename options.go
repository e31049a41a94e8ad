package agentmsg

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
)

// Option configures a client. Options are applied in order, the later wins,
// and each is checked at once.
type Option func(*config) error

// config is what the options have said.
type config struct {
	apis      map[API]apiConfig
	retry     RetryPolicy
	http      *http.Client
	idle      time.Duration
	shared    bool // the connections are another client's too
	logger    *slog.Logger
	hook      func(context.Context, Attempt)
	userAgent string
}

type apiConfig struct {
	base       *url.URL
	credential *transport.Credential // one value for each time that it was given
	limiter    transport.Limiter
	windows    []RateWindow
}

func (c *config) copy() config {
	next := *c
	next.apis = maps.Clone(c.apis)
	return next
}

// api changes what is known of one API.
func (c *config) api(api API, change func(*apiConfig)) {
	if c.apis == nil {
		c.apis = map[API]apiConfig{}
	}
	a := c.apis[api]
	change(&a)
	c.apis[api] = a
}

// check holds what no single option can: the default bases, and options that
// exclude each other.
func (c *config) check() error {
	if c.idle != 0 && c.http != nil {
		return optionError("WithIdleConnTimeout", "stands beside WithHTTPClient: set IdleConnTimeout on its Transport instead")
	}
	for api, base := range map[API]string{MAIA: defaultMAIABase, BluBash: defaultBluBashBase} {
		if a := c.apis[api]; a.credential != nil && a.base == nil {
			u, err := url.Parse(base)
			if err != nil {
				return err
			}
			c.api(api, func(a *apiConfig) { a.base = u })
		}
	}
	return nil
}

// optionError is a constructor's error: a *ParamError whose Op is "NewClient".
func optionError(option, reason string) error {
	return &ParamError{Op: "NewClient", Param: option, Reason: reason, Code: ErrInvalidParam}
}

// credential checks a credential without ever showing it.
func credential(option, value string) error {
	if scheme, _, blank := strings.Cut(value, " "); blank && strings.EqualFold(scheme, "Bearer") {
		return optionError(option, "has a credential that begins with Bearer: give the token alone")
	}
	if err := transport.ValidToken(value); err != nil {
		return optionError(option, "has a credential that "+err.Error()+": give it exactly as the dashboard shows it")
	}
	return nil
}

// WithMAIA configures MAIA with its API token, which goes to
// https://api.maiacompany.io unless [WithBaseURL] says otherwise.
func WithMAIA(token string) Option {
	return func(c *config) error {
		if err := credential("WithMAIA", token); err != nil {
			return err
		}
		c.api(MAIA, func(a *apiConfig) { a.credential = bearer(token) })
		return nil
	}
}

// TokenSource gives the current MAIA token. refused is the token that has just
// been answered with 401, else it is empty: a cache must not give that one
// again. It must be safe for concurrent use.
type TokenSource func(ctx context.Context, refused string) (string, error)

// WithMAIATokenSource configures MAIA with a source that is asked once per
// attempt, and once more after a 401: a new MAIA token revokes the old at
// once, so a long-lived process needs one.
func WithMAIATokenSource(src TokenSource) Option {
	return func(c *config) error {
		if src == nil {
			return optionError("WithMAIATokenSource", "has a nil source")
		}
		c.api(MAIA, func(a *apiConfig) {
			a.credential = bearer("")
			a.credential.Source = src
		})
		return nil
	}
}

// WithBluBash configures BluBash with the workspace's API key, which goes to
// https://api.blubash.io unless [WithBaseURL] says otherwise.
func WithBluBash(key string) Option {
	return func(c *config) error {
		if err := credential("WithBluBash", key); err != nil {
			return err
		}
		c.api(BluBash, func(a *apiConfig) { a.credential = apiKey(key) })
		return nil
	}
}

// WithConversations configures the Conversations API: its base URL, which has
// no default and ends in the version (https://host/v1), and its token.
func WithConversations(baseURL, token string) Option {
	return func(c *config) error {
		base, err := parseBase("WithConversations", baseURL)
		if err != nil {
			return err
		}
		if err := credential("WithConversations", token); err != nil {
			return err
		}
		c.api(Conversations, func(a *apiConfig) { a.base, a.credential = base, bearer(token) })
		return nil
	}
}

// WithBaseURL sets where an API is reached: scheme, host, port, path. A path
// prefix and a trailing slash are fine; a query, user, fragment or blank is an
// error.
func WithBaseURL(api API, baseURL string) Option {
	return func(c *config) error {
		if err := known("WithBaseURL", api); err != nil {
			return err
		}
		base, err := parseBase("WithBaseURL", baseURL)
		if err != nil {
			return err
		}
		c.api(api, func(a *apiConfig) { a.base = base })
		return nil
	}
}

func known(option string, api API) error {
	switch api {
	case MAIA, BluBash, Conversations:
		return nil
	}
	return optionError(option, "names an API that there is not: give MAIA, BluBash or Conversations")
}

// parseBase reads a base URL. The error does not repeat it: it may hold a
// password.
func parseBase(option, raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	var reason string
	switch {
	case err != nil || strings.ContainsAny(raw, " \t\r\n"):
		reason = "cannot be read"
	case u.Scheme != "http" && u.Scheme != "https":
		reason = "does not begin with http:// or https://"
	case u.Hostname() == "":
		reason = "has no host"
	case u.User != nil:
		reason = "has a user in it: credentials have options of their own"
	case u.RawQuery != "" || u.ForceQuery:
		reason = "has a query"
	case u.Fragment != "" || strings.Contains(raw, "#"):
		reason = "has a fragment"
	default:
		return u, nil
	}
	return nil, optionError(option, "has a base URL that "+reason+": give scheme, host and path, like https://host/v1")
}

// WithHTTPClient uses the transport and the cookie jar of h, which is copied
// and never written to. Its Transport is used as it is, with its pool (nil: one
// of this module's own); its Timeout, where shorter, bounds each attempt ([ErrAttemptTimeout]); its
// CheckRedirect is ignored, since redirects are never followed.
func WithHTTPClient(h *http.Client) Option {
	return func(c *config) error {
		if h == nil {
			return optionError("WithHTTPClient", "has a nil client")
		}
		own := *h
		c.http = &own
		return nil
	}
}

// RetryPolicy says how failures are repeated. The zero value of each field is
// its default.
type RetryPolicy struct {
	// MaxAttempts is how many there are in all; 0: 3, 1: no retry.
	MaxAttempts int
	// A wait is random between 0 and a limit, which is MinBackoff first and
	// doubles up to MaxBackoff; 0: 250 ms and 8 s.
	MinBackoff, MaxBackoff time.Duration
	// MaxRetryAfter is how long a server may ask to wait before its answer is
	// returned at once instead; 0: 60 s.
	MaxRetryAfter time.Duration
	// AttemptTimeout bounds each attempt, of every operation; 0: 30 s, of
	// BluBash 120 s, of a PUT 30 s and 1 s for each 256 KiB. A shorter Timeout of the client of WithHTTPClient stands.
	AttemptTimeout time.Duration
	// Budget is a bucket of tokens per API and credential: a retry costs 10, a
	// success gives 1 back; 0: 100, negative: no budget.
	Budget int
}

// WithRetry sets the retry policy.
func WithRetry(p RetryPolicy) Option {
	return func(c *config) error {
		switch {
		case p.MaxAttempts < 0:
			return optionError("WithRetry", "has negative MaxAttempts: 0 is the default, 1 means no retry")
		case p.MinBackoff < 0 || p.MaxBackoff < 0 || p.MaxRetryAfter < 0 || p.AttemptTimeout < 0:
			return optionError("WithRetry", "has a negative duration: 0 is the default")
		case p.MaxBackoff != 0 && p.MaxBackoff < p.MinBackoff:
			return optionError("WithRetry", "has a MaxBackoff below its MinBackoff")
		}
		c.retry = p
		return nil
	}
}

// WithIdleConnTimeout sets how long an idle connection is kept. The default,
// 4 s, is shorter than a usual server's, so that a request rarely meets a
// connection that is just being closed, which would make its outcome unknown.
// Beside [WithHTTPClient] and in [Client.With] it is an error.
func WithIdleConnTimeout(d time.Duration) Option {
	return func(c *config) error {
		switch {
		case c.shared:
			return optionError("WithIdleConnTimeout", "is given to With, whose client shares its connections: give it to NewClient")
		case d <= 0:
			return optionError("WithIdleConnTimeout", "is not positive")
		}
		c.idle = d
		return nil
	}
}

// WithUserAgent puts a product, "myapp/1.2", in front of the SDK's own.
func WithUserAgent(product string) Option {
	return func(c *config) error {
		if transport.ValidToken(product) != nil {
			return optionError("WithUserAgent", "is not printable ASCII without outer blanks, like myapp/1.2")
		}
		c.userAgent = product
		return nil
	}
}
