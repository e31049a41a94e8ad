package agentmsg

import "os"

// The environment variables of [NewClientFromEnv].
const (
	envMAIAToken          = "MAIA_API_TOKEN"
	envMAIABase           = "MAIA_BASE_URL"
	envBluBashKey         = "BLUBASH_API_KEY"
	envBluBashBase        = "BLUBASH_BASE_URL"
	envConversationsToken = "CONVERSATIONS_API_TOKEN"
	envConversationsBase  = "CONVERSATIONS_BASE_URL"
)

// NewClientFromEnv returns a client configured by the environment:
// MAIA_API_TOKEN, MAIA_BASE_URL, BLUBASH_API_KEY, BLUBASH_BASE_URL,
// CONVERSATIONS_API_TOKEN and CONVERSATIONS_BASE_URL. An empty variable counts
// as none. Explicit options win.
//
// A variable that cannot be used is an error, also beside an explicit option.
// No credential at all, a Conversations token without its base, and a base
// without its credential are errors that name the variables.
func NewClientFromEnv(opts ...Option) (*Client, error) {
	from := func(c *config) error {
		for _, v := range [...]struct {
			name  string
			apply func(string) Option
		}{
			{envMAIAToken, WithMAIA},
			{envMAIABase, baseOf(MAIA)},
			{envBluBashKey, WithBluBash},
			{envBluBashBase, baseOf(BluBash)},
			{envConversationsToken, withConversationsToken},
			{envConversationsBase, baseOf(Conversations)},
		} {
			value := os.Getenv(v.name)
			if value == "" {
				continue
			}
			if err := v.apply(value)(c); err != nil {
				return inVariable(v.name, err)
			}
		}
		return nil
	}
	all := append([]Option{from}, opts...)
	return NewClient(append(all, checkEnvironment)...)
}

func baseOf(api API) func(string) Option {
	return func(base string) Option { return WithBaseURL(api, base) }
}

// withConversationsToken is the half of WithConversations that a variable
// gives.
func withConversationsToken(token string) Option {
	return func(c *config) error {
		if err := credential("WithConversations", token); err != nil {
			return err
		}
		c.api(Conversations, func(a *apiConfig) { a.credential = bearer(token) })
		return nil
	}
}

// inVariable names the variable that an option's error came from.
func inVariable(name string, err error) error {
	if p, ok := err.(*ParamError); ok { //nolint:errorlint // made by our own option, never wrapped
		return optionError(name, p.Reason)
	}
	return err
}

// checkEnvironment comes last, when explicit options have filled the gaps.
func checkEnvironment(c *config) error {
	credentials := 0
	for _, v := range [...]struct {
		api         API
		base, token string
		needsBase   bool
	}{
		{MAIA, envMAIABase, envMAIAToken, false},
		{BluBash, envBluBashBase, envBluBashKey, false},
		{Conversations, envConversationsBase, envConversationsToken, true},
	} {
		a := c.apis[v.api]
		switch {
		case a.credential == nil && a.base != nil:
			return optionError(v.base, "or WithBaseURL is given without "+v.token+": set both, or give the credential by its option")
		case a.credential != nil && a.base == nil && v.needsBase:
			return optionError(v.token, "is set without "+v.base+": this API has no default host, set both")
		case a.credential != nil:
			credentials++
		}
	}
	if credentials == 0 {
		return optionError("the environment", "has no credential: set "+envMAIAToken+", "+envBluBashKey+", or "+envConversationsToken+" with "+envConversationsBase)
	}
	return nil
}
