package mockserver

import (
	"maps"
	"strings"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// credentials are those of now, and the MAIA tokens that once were.
type credentials struct {
	Credentials
	revoked map[agentmsg.Secret]bool
}

// SetCredentials replaces what the server takes, at once. The MAIA token that
// it had is then answered 401 "Token revoked": an account has one token.
func (s *Server) SetCredentials(c Credentials) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := *s.keys.Load()
	keys.replace(c)
	s.keys.Store(&keys)
}

// replace takes over what c has. The map is replaced too: authorize reads it
// without the lock.
func (k *credentials) replace(c Credentials) {
	if c.MAIAToken != "" && c.MAIAToken != k.MAIAToken {
		revoked := map[agentmsg.Secret]bool{k.MAIAToken: true}
		maps.Copy(revoked, k.revoked)
		delete(revoked, c.MAIAToken)
		k.revoked, k.MAIAToken = revoked, c.MAIAToken
	}
	if c.BluBashKey != "" {
		k.BluBashKey = c.BluBashKey
	}
	if c.ConversationsToken != "" {
		k.ConversationsToken = c.ConversationsToken
	}
}

// authorize refuses a request that does not carry the API's credential.
func (x *exchange) authorize() error {
	keys := x.server.keys.Load()
	given := bearerToken(x.r.Header.Get(wire.HeaderAuthorization))
	switch x.endpoint.api() {
	case wire.MAIA:
		if keys.revoked[given] {
			return &refusal{status: 401, reason: "Token revoked", message: "This API token was revoked"}
		}
		if given != keys.MAIAToken {
			return refuse(401, "Invalid or missing API token")
		}
	case wire.BluBash:
		if agentmsg.Secret(x.r.Header.Get(wire.HeaderAPIKey)) != keys.BluBashKey {
			return refuse(401, "Invalid or missing API key")
		}
	case wire.Conversations:
		if given != keys.ConversationsToken {
			return refuse(401, "Invalid or expired token.")
		}
	}
	return nil
}

func bearerToken(header string) agentmsg.Secret {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return agentmsg.Secret(strings.TrimLeft(token, " "))
}
