package transport

import (
	"context"
	"errors"
)

// Credential is how the requests of one API say who sends them.
type Credential struct {
	Header, Prefix string // "Authorization", "Bearer "
	Token, line    string // line: Prefix and Token, ready for the header
	// Source, where there is one, gives the token of each attempt instead.
	// refused is the token that has just been answered with 401, or empty.
	Source func(ctx context.Context, refused string) (string, error)
}

// Static is a credential that stays.
func Static(header, prefix, token string) *Credential {
	return &Credential{Header: header, Prefix: prefix, Token: token, line: prefix + token}
}

// value is the header's value with this token.
func (c *Credential) value(token string) string {
	if c.Source == nil {
		return c.line
	}
	return c.Prefix + token
}

// renew asks the source of tokens once more after a 401. It costs no budget
// and no wait. The refused token again: the 401 stands.
func (c *Call) renew(ctx context.Context) bool {
	cred := c.endpoint.Credential
	if cred == nil || cred.Source == nil || c.renewed {
		return false
	}
	c.renewed, c.fresh = true, true
	refused := c.Token
	token, err := cred.Source(ctx, refused)
	if err == nil && token != refused {
		err = ValidToken(token)
	}
	if err != nil {
		c.Stopped = err
		return false
	}
	c.use(token)
	c.wait = 0
	return token != refused
}

// use takes a token of the source, and keeps in mind the one before.
func (c *Call) use(token string) {
	if c.Token != "" && c.Token != token {
		c.Spent = append(c.Spent, c.Token)
	}
	c.Token = token
}

// ValidToken says whether a credential can stand in a header.
func ValidToken(token string) error {
	if token == "" {
		return errors.New("is empty")
	}
	for i := range len(token) {
		if token[i] < ' ' || token[i] > '~' {
			return errors.New("has a character that is not printable ASCII")
		}
	}
	if token[0] == ' ' || token[len(token)-1] == ' ' {
		return errors.New("begins or ends with a blank")
	}
	return nil
}
