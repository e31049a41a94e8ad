package agentmsg

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// CallOption changes one call. A bad value is a *ParamError of the call,
// before anything is sent.
type CallOption func(*callConfig) error

// callConfig is what the options of one call have said.
type callConfig struct {
	op             wire.Op // whose they are
	class          wire.Class
	retryAmbiguous bool
	maxAttempts    int32
	key            string
	timeout        time.Duration
	headers        []transport.Header
	fields         []field
	response       *Response
	progress       func(sent, total int64)
}

type field struct {
	name  string
	value json.RawMessage
}

// safeToRepeat is the option of a method whose operation is unsafe in
// general, and not with these parameters.
func safeToRepeat(c *callConfig) error {
	c.class = wire.Safe
	return nil
}

// WithIdempotencyKey gives the call its key: 1 to 255 printable ASCII
// characters without outer blanks. [ContactsService.Send] makes one by itself;
// give the one from an error to go on with that call, also after a restart.
//
// An API that documents no such key gets it all the same, as a hint: it does
// not make the call safe to repeat, and changes nothing in when it is. A
// storage knows none: with [AttachmentsService.Put] it is a *ParamError.
func WithIdempotencyKey(key string) CallOption {
	return func(c *callConfig) error {
		if len(key) > 255 || transport.ValidToken(key) != nil {
			return invalid("", "WithIdempotencyKey", "needs 1 to 255 printable ASCII characters without outer blanks")
		}
		c.key = key
		return nil
	}
}

// WithRetryAmbiguous repeats this call also when it may have happened:
// at least once instead of at most once. A customer may then get the same
// message twice.
func WithRetryAmbiguous() CallOption {
	return func(c *callConfig) error {
		c.retryAmbiguous = true
		return nil
	}
}

// WithAttemptTimeout bounds each attempt of this call; a shorter Timeout of the
// client of [WithHTTPClient] stands. The context bounds the call as a whole.
func WithAttemptTimeout(d time.Duration) CallOption {
	return func(c *callConfig) error {
		if d <= 0 {
			return invalid("", "WithAttemptTimeout", "is not positive")
		}
		c.timeout = d
		return nil
	}
}

// WithMaxAttempts is how many attempts this call makes in all; 1: no retry.
// What net/http repeats by itself on a connection that had died counts in
// Attempts and is not bounded here.
func WithMaxAttempts(n int) CallOption {
	return func(c *callConfig) error {
		if n < 1 {
			return invalid("", "WithMaxAttempts", "is below 1")
		}
		c.maxAttempts = atMost32(n)
		return nil
	}
}

// WithHeader sets a header of the request: the later of two with one name
// wins, also over this module's own Accept, User-Agent and Content-Type.
// Credentials, Host, Content-Length and what net/http sets by itself are
// refused.
func WithHeader(name, value string) CallOption {
	return func(c *callConfig) error {
		if !headerName(name) {
			return invalid("", "WithHeader", "has a name that is no HTTP header name")
		}
		canonical := http.CanonicalHeaderKey(name)
		switch canonical {
		case "Authorization", "Proxy-Authorization", "Cookie", wire.HeaderAPIKey:
			return invalid("", "WithHeader", "does not take "+canonical+": credentials are given to NewClient")
		case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Trailer", "Te", "Accept-Encoding":
			return invalid("", "WithHeader", "does not take "+canonical+": net/http sets it")
		case wire.HeaderIdempotencyKey:
			return WithIdempotencyKey(value)(c)
		}
		if !headerValue(value) {
			return invalid("", "WithHeader", "has a value for "+canonical+" with a control character")
		}
		c.headers = append(c.headers, transport.Header{Name: canonical, Value: value})
		return nil
	}
}

func headerName(s string) bool {
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case b == '-', b == '_', b == '.':
		default:
			return false
		}
	}
	return s != ""
}

func headerValue(s string) bool {
	for i := range len(s) {
		if b := s[i]; b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return true
}

// WithField adds a top-level member to the JSON body, for what the vendor adds
// before this module does. A name that the body has already is a *ParamError.
func WithField(name string, value any) CallOption {
	return func(c *callConfig) error {
		if name == "" {
			return invalid("", "WithField", "has an empty name")
		}
		b, err := json.Marshal(value)
		if err != nil {
			return invalid("", "WithField", "has a value for "+name+" that cannot be written as JSON")
		}
		c.fields = append(c.fields, field{name, b})
		return nil
	}
}

// WithProgress calls f as a file is sent, on the goroutine that sends it: with
// 0 when it begins, again on each attempt, then with what has been sent. f
// must not block. Of a call that sends no file it hears nothing.
func WithProgress(f func(sent, total int64)) CallOption {
	return func(c *callConfig) error {
		if f == nil {
			return invalid("", "WithProgress", "has a nil function")
		}
		c.progress = f
		return nil
	}
}
