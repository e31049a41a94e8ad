package agentmsg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/agentmsg/agentmsg/internal/signature"
)

// SignatureHeader is the header that signs a webhook delivery: lower-case hex
// of the HMAC-SHA256 of the raw body, keyed with the webhook's secret, without
// a prefix.
//
// Source: MAIA, "Webhooks".
const SignatureHeader = "X-Maia-Signature"

// maxWebhookBody is far above any delivery: a message's files come as URLs.
const maxWebhookBody = 1 << 20

// WebhookError is a delivery that is refused. It matches its Code and what
// Err matches. None of its texts holds a secret, a signature or a part of the
// body.
type WebhookError struct {
	// Status is the HTTP status to answer with:
	//
	//	400 ErrInvalidEvent          signed, but no JSON object
	//	401 ErrInvalidSignature      no signature, a wrong one, or several
	//	405 ErrMethodNotAllowed      no POST; send Allow: POST with it
	//	413 ErrTooLarge              over 1 MiB, or over an outer http.MaxBytesReader's bound
	//	415 ErrUnsupportedEncoding   a compressed body
	//	503 ErrBodyTimeout           the body broke off or ran out of time
	//
	// MAIA delivers again after 5xx and 429, and never after another 4xx.
	Status int
	// Code is the reason.
	Code Code
	// Err says more; never nil.
	Err error
}

// Error is one line: status, code, reason.
func (e *WebhookError) Error() string {
	return oneLine(fmt.Sprintf("agentmsg: webhook: %d %s: %v", e.Status, e.Code, e.Err))
}

// Unwrap returns the code and the cause.
func (e *WebhookError) Unwrap() []error { return []error{e.Code, e.Err} }

// VerifySignature checks that body was signed under one of the secrets. The
// signature is the value of [SignatureHeader], in hex of either case. It
// returns nil or [ErrInvalidSignature], to which the answer is 401.
//
// Give the body as it arrived: the same JSON written anew has another
// signature. Give both secrets while one replaces the other; no secret, an
// empty one, or one of NUL bytes alone verifies nothing. The time that it
// takes depends on the lengths and on how many secrets there are, not on where
// a signature is wrong.
//
// A signature does not stop a replay: a [Deduper] remembers the DedupeKey of the
// [Event].
func VerifySignature(body []byte, signatureHex string, secrets ...string) error {
	if !signature.Verify(body, signatureHex, secrets...) {
		return ErrInvalidSignature
	}
	return nil
}

// ParseEvent reads a body that was verified before: it trusts its source. It
// keeps a copy, so body may be used again. It has no bound of its own.
//
// Every JSON object is an event, as a refusal would lose it: an eventType
// that is not known gives an [*UnknownEvent], none gives a [*MessageEvent].
// Members that are not known are ignored, null is absent, damaged UTF-8 reads
// as U+FFFD, one byte order mark is skipped, of a repeated member the last
// counts, and one of the wrong JSON type stays zero; where that is sessionId,
// or a message's messageId or response, the event is an [*UnknownEvent].
//
// Everything else is a [*WebhookError] with status 400 and [ErrInvalidEvent];
// so is an object nested deeper than 10,000 levels.
func ParseEvent(body []byte) (Event, error) {
	return parseOwned(bytes.Clone(body))
}

// parseOwned is ParseEvent of a body that nobody writes to any more. The event
// holds on to it, so what readAtMost set aside in vain goes before.
func parseOwned(body []byte) (Event, error) {
	if cap(body) > 2*len(body) {
		body = bytes.Clone(body)
	}
	event, err := decodeEvent(jsonText(body))
	if err != nil {
		return nil, &WebhookError{http.StatusBadRequest, ErrInvalidEvent, err}
	}
	return event, nil
}

// ReadWebhook reads, bounds, verifies and parses one delivery. Every error is a
// [*WebhookError], whose Status is the answer to give. Bytes that are not
// signed under one of the secrets are never parsed.
//
// Nothing may read the body before: the signature is made over its raw bytes.
// The body has at most 1 MiB; a Content-Length over that is refused before a
// byte is read or asked for. ReadWebhook sets no deadline: give the
// http.Server a ReadTimeout. It does not look at Content-Type, and does not
// close the body; the http.Server does.
//
// MAIA waits 10 seconds for an answer, and after 5xx, 429 or none delivers the
// same bytes up to three times more: a [Deduper] remembers the DedupeKey of the
// [Event].
func ReadWebhook(r *http.Request, secrets ...string) (Event, error) {
	if err := checkDelivery(r); err != nil {
		return nil, err
	}
	body, err := readDelivery(r)
	if err != nil {
		return nil, err
	}
	if err := verifyDelivery(r, body, secretsOf(secrets)); err != nil {
		return nil, err
	}
	return parseOwned(body)
}

// checkDelivery refuses what cannot be a delivery before a byte of the body is
// read, or asked for where the sender waits to hear that it may send it.
func checkDelivery(r *http.Request) error {
	switch {
	case r.Method != http.MethodPost:
		return &WebhookError{http.StatusMethodNotAllowed, ErrMethodNotAllowed, errors.New("a delivery is a POST")}
	case isEncoded(r.Header):
		return &WebhookError{http.StatusUnsupportedMediaType, ErrUnsupportedEncoding, errors.New("a delivery's body is not compressed")}
	case r.ContentLength > maxWebhookBody:
		return tooLarge(errors.New("the Content-Length is over 1 MiB"))
	}
	return nil
}

// readDelivery returns the body, which is bounded.
func readDelivery(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := readAtMost(r.Body, maxWebhookBody+1, int(r.ContentLength))
	if over, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge(over)
	}
	switch {
	case errors.Is(err, http.ErrBodyReadAfterClose):
		return nil, unsigned(fmt.Errorf("something had read the body before: %w", http.ErrBodyReadAfterClose))
	case err != nil:
		return nil, &WebhookError{http.StatusServiceUnavailable, ErrBodyTimeout, notWhole(err)}
	case len(body) > maxWebhookBody:
		return nil, tooLarge(errors.New("the body is over 1 MiB"))
	}
	return body, nil
}

// notWhole is the error of a body that broke off, in words of our own: those of
// net/http quote what the sender wrote behind the body, those of another reader
// may say anything.
func notWhole(err error) error {
	why := fmt.Sprintf("reading it failed with a %T", err)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		why = "its time was over"
	case errors.Is(err, io.ErrUnexpectedEOF):
		why = "it broke off"
	}
	return &cleaned{"the body did not arrive whole: " + why, err}
}

// readAtMost reads until the end, or the limit. What the sender announces is
// only a hint of what to set aside: many that announce much and send little
// must not fill the memory. For the same reason the room grows fourfold: by
// the limit all that was ever set aside is a third above it.
func readAtMost(r io.Reader, limit, announced int) ([]byte, error) {
	const first = 4 << 10
	if announced < 0 || announced >= first {
		announced = first - 1
	}
	body := make([]byte, 0, announced+1) // one more, to see the end
	for len(body) < limit {
		if len(body) == cap(body) {
			room := max(4*cap(body), first)
			if room > limit/2 { // the last: not one byte short of the limit
				room = limit
			}
			body = append(make([]byte, 0, room), body...)
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, err
		}
	}
	return body, nil
}

// secretKeys is what a body is verified with.
type secretKeys struct {
	usable bool // whether there is any
	verify func(body []byte, signature string) bool
}

// secretsOf is for secrets of this one request.
func secretsOf(secrets []string) secretKeys {
	return secretKeys{
		usable: slices.ContainsFunc(secrets, signature.Usable),
		verify: func(body []byte, given string) bool { return signature.Verify(body, given, secrets...) },
	}
}

func verifyDelivery(r *http.Request, body []byte, keys secretKeys) error {
	signature, signatures := "", 0
	for value := range headerValues(r.Header, SignatureHeader) {
		signature = value
		signatures++
	}
	if signatures == 1 && keys.verify(body, signature) {
		return nil
	}
	return unsigned(whyUnsigned(r, len(body), signatures, keys.usable))
}

// whyUnsigned tells the owner of the receiver what to repair. It tells nothing
// of a signature but that it is wrong.
func whyUnsigned(r *http.Request, read, signatures int, usable bool) error {
	switch {
	case !usable:
		return errors.New("no secret was given to verify it with")
	case signatures == 0:
		return errors.New("there is no " + SignatureHeader)
	case signatures > 1:
		return errors.New("there is more than one " + SignatureHeader)
	case int64(read) < r.ContentLength:
		return errors.New("something had read the body before, and the signature is made over its raw bytes")
	case read == 0:
		return errors.New("the body is empty: none was sent, or something had read the body before")
	}
	return errors.New("the signature is not that of this body under any secret")
}

func unsigned(err error) error {
	return &WebhookError{http.StatusUnauthorized, ErrInvalidSignature, err}
}

func tooLarge(err error) error {
	return &WebhookError{http.StatusRequestEntityTooLarge, ErrTooLarge, err}
}

// isEncoded reports whether the header names any content coding.
func isEncoded(h http.Header) bool {
	for value := range headerValues(h, "Content-Encoding") {
		for coding := range strings.SplitSeq(value, ",") {
			coding = strings.TrimSpace(coding)
			if coding != "" && !strings.EqualFold(coding, "identity") {
				return true
			}
		}
	}
	return false
}

// headerValues are those of a header in any spelling of its name: what fills
// the map other than net/http (a function's adapter, a test) may not write the
// canonical one, and a second header must not hide behind another spelling.
func headerValues(h http.Header, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for key, values := range h {
			if !strings.EqualFold(key, name) {
				continue
			}
			for _, value := range values {
				if !yield(value) {
					return
				}
			}
		}
	}
}
