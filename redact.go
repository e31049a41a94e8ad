package agentmsg

import (
	"errors"
	"net/url"
	"strings"
)

// cleaned is an error in other words: its own hold what no text may. What it
// is stays findable by errors.Is; the error itself does not come out.
type cleaned struct {
	text string
	err  error
}

func (e *cleaned) Error() string { return e.text }

// Is reports whether the error behind it is the target.
func (e *cleaned) Is(target error) bool { return errors.Is(e.err, target) }

// clean makes a cause fit for an error: with this module's codes, without a
// URL's query, without credentials.
func (x *exchange) clean(err error) error {
	err = withCode(err)
	if err == nil {
		return nil
	}
	said := err.Error()
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		said = strings.ReplaceAll(said, wrapped.URL, withoutQuery(wrapped.URL))
	}
	if query := x.URL.RawQuery; query != "" { // a RoundTripper of the user's may name the URL too
		said = strings.ReplaceAll(said, "?"+query, "")
	}
	if said = x.redact(said); said == err.Error() {
		return err
	}
	return &cleaned{said, err}
}

const shortestSecret = 4 // a shorter one is no secret, and would blacken every text

// redact takes this client's credentials out of a text that came from
// outside, those too that were replaced during the call.
func (x *exchange) redact(s string) string {
	s = without(s, x.Token)
	for _, token := range x.Spent {
		s = without(s, token)
	}
	for _, e := range x.core.endpoints {
		s = without(s, e.credential.Token)
	}
	return s
}

// Credentials are printable ASCII, so these are all that JSON does to them.
var (
	inJSON     = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	inHTMLJSON = strings.NewReplacer(`<`, `\u003c`, `>`, `\u003e`, `&`, `\u0026`)
	inSlashed  = strings.NewReplacer(`/`, `\/`)
)

// without takes a secret out of a text, as it is and as JSON writes it.
func without(s, secret string) string {
	if len(secret) < shortestSecret {
		return s
	}
	quoted := inJSON.Replace(secret)
	for _, form := range [...]string{secret, quoted, inHTMLJSON.Replace(quoted)} {
		s = strings.ReplaceAll(s, form, redacted)
		s = strings.ReplaceAll(s, inSlashed.Replace(form), redacted)
	}
	return s
}
