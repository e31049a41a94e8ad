package agentmsg

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// Code is what went wrong, for errors.Is:
//
//	if errors.Is(err, agentmsg.ErrRateLimited) { … }
//
// Its text is its name in snake case: rate_limited.
type Code string

// Error returns the code's text.
func (c Code) Error() string { return string(c) }

// Codes of calls.
const (
	// ErrInvalidParam: a parameter, path argument or option of the call is
	// wrong; nothing was sent.
	ErrInvalidParam Code = "invalid_param"
	// ErrNotConfigured: the client has no credential for this API, or the
	// Conversations API has no base URL; nothing was sent.
	ErrNotConfigured Code = "not_configured"
	// ErrBadRequest: the server refused the request: 400, 405, 410, 415, 431
	// and any other 4xx without a code of its own.
	ErrBadRequest Code = "bad_request"
	// ErrUnauthorized: 401.
	ErrUnauthorized Code = "unauthorized"
	// ErrTokenRevoked: 401, since a newer token has taken this one's place.
	// It also matches ErrUnauthorized.
	ErrTokenRevoked Code = "token_revoked"
	// ErrForbidden: 403, and no rate limit.
	ErrForbidden Code = "forbidden"
	// ErrNotFound: 404; of [WithWebhookTenants]'s function: there is no such
	// tenant.
	ErrNotFound Code = "not_found"
	// ErrConflict: 409; of a keyed call: its first run may be going on.
	ErrConflict Code = "conflict"
	// ErrUnprocessable: 422; of a keyed call: the key belongs to another body.
	ErrUnprocessable Code = "unprocessable"
	// ErrTooLarge: 413, or a download or webhook over its bound.
	ErrTooLarge Code = "too_large"
	// ErrRateLimited: 429, 425, a 403 that says so, or the client's own limiter.
	ErrRateLimited Code = "rate_limited"
	// ErrRedirect: 3xx; redirects are never followed.
	ErrRedirect Code = "redirect"
	// ErrServer: 5xx and 408.
	ErrServer Code = "server"
	// ErrAttemptTimeout: one attempt ran out of its time; the caller's own
	// deadline is context.DeadlineExceeded.
	ErrAttemptTimeout Code = "attempt_timeout"
	// ErrResponseTooLarge: the answer was over 8 MiB, or its header over 256 KiB.
	ErrResponseTooLarge Code = "response_too_large"
	// ErrRetryBudget: the call would have been repeated, but too many calls
	// before it failed.
	ErrRetryBudget Code = "retry_budget"
)

// Codes of webhooks and of what they bring.
const (
	// ErrInvalidSignature: no signature, a wrong one, or several; answer 401.
	ErrInvalidSignature Code = "invalid_signature"
	// ErrInvalidEvent: signed, but no JSON object; answer 400.
	ErrInvalidEvent Code = "invalid_event"
	// ErrMethodNotAllowed: not a POST; answer 405.
	ErrMethodNotAllowed Code = "method_not_allowed"
	// ErrUnsupportedEncoding: a compressed body; answer 415.
	ErrUnsupportedEncoding Code = "unsupported_encoding"
	// ErrBodyTimeout: the body did not arrive whole in time; answer 503.
	ErrBodyTimeout Code = "body_timeout"
	// ErrLeaseLost: the claim is no longer held: its lease ended, it is done
	// already, or it never was granted; see [Deduper].
	ErrLeaseLost Code = "lease_lost"
	// ErrForbiddenAddress: the URL of an event's attachment leads to an address
	// that is not public; nothing was sent.
	ErrForbiddenAddress Code = "forbidden_address"
)

// codeOf is the code of a status, and of what the body adds to it.
func (x *exchange) codeOf(r *transport.Result, said errorBody) Code {
	switch s := r.Status; {
	case s >= 200 && s < 300 && x.options.op == wire.SendConversationMessage:
		return ErrBadRequest
	case s == http.StatusUnauthorized && strings.EqualFold(said.reason(), "Token revoked"):
		return ErrTokenRevoked
	case s == http.StatusForbidden && (noneRemain(r) || said.namesRateLimit()):
		return ErrRateLimited
	case s >= 300 && s < 400:
		return ErrRedirect
	case s == http.StatusRequestTimeout || s < 300 || s >= 500:
		return ErrServer
	}
	return statusCode(r.Status)
}

func statusCode(status int) Code {
	switch status {
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case http.StatusUnprocessableEntity:
		return ErrUnprocessable
	case http.StatusTooEarly, http.StatusTooManyRequests:
		return ErrRateLimited
	}
	return ErrBadRequest
}

// codeOfTransport is the code of one of the transport's own errors.
func codeOfTransport(err transport.Error) error {
	switch err {
	case transport.ErrAttemptTimeout:
		return ErrAttemptTimeout
	case transport.ErrResponseTooLarge:
		return ErrResponseTooLarge
	case transport.ErrRetryBudget:
		return ErrRetryBudget
	case transport.ErrRateLimited:
		return ErrRateLimited
	}
	return err
}

// withCode turns the transport's own errors into codes, and takes the URL out
// of net/http's. Whatever else the cause is stays findable.
func withCode(err error) error {
	if err == nil {
		return nil
	}
	if own, ok := err.(transport.Error); ok { //nolint:errorlint // the leaf's own, not one that wraps it
		return codeOfTransport(own)
	}
	if failed, ok := err.(*transport.LimiterError); ok { //nolint:errorlint // the leaf's own, the outermost layer
		return join2(ErrRateLimited, failed.Err)
	}
	if wrapped, ok := err.(*url.Error); ok { //nolint:errorlint // the outermost layer, to be taken off
		return withCode(wrapped.Err)
	}
	return err
}
