package agentmsg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"github.com/agentmsg/agentmsg/internal/transport"
	"github.com/agentmsg/agentmsg/internal/wire"
)

// opFetch has no row in the table of routes: its URL is the event's, and no
// client makes the call.
const opFetch Op = "DownloadEventAttachment"

const (
	defaultFetchBytes   = maxAttachmentBytes
	defaultFetchTimeout = 60 * time.Second
)

// FetchOption changes how [DownloadEventAttachment] works. Options are applied
// in their order, and the later wins. A bad value is a [*ParamError] of the
// call.
type FetchOption func(*fetchConfig) error

// fetchConfig is what one download obeys.
type fetchConfig struct {
	maxBytes  int64
	timeout   time.Duration
	forbidden func(netip.Addr) string // why no connection may go there; empty: it may
	resolver  *net.Resolver           // nil: the system's
	transport http.RoundTripper       // nil: one of our own
}

// FetchMaxBytes sets how many bytes a file may have, at least 1. The default is
// 100 MB, counted as 100 × 2^20: no message has more in all its files.
func FetchMaxBytes(n int64) FetchOption {
	return func(c *fetchConfig) error {
		if n <= 0 {
			return invalid(opFetch, "FetchMaxBytes", "is "+strconv.FormatInt(n, 10)+": give at least 1 byte")
		}
		c.maxBytes = n
		return nil
	}
}

// FetchTimeout sets how long the whole download may take, from the look-up of
// the host to the last byte; the default is 60 s. The writer's own time counts.
func FetchTimeout(d time.Duration) FetchOption {
	return func(c *fetchConfig) error {
		if d <= 0 {
			return invalid(opFetch, "FetchTimeout", "is "+d.String()+": give a positive time")
		}
		c.timeout = d
		return nil
	}
}

// FetchAllowPrivate lets connections go to any address, this machine's own and
// its cloud's metadata service among them. It is for a storage inside your own
// network, and for tests; the events' sender chooses the URL.
func FetchAllowPrivate() FetchOption {
	return func(c *fetchConfig) error {
		c.forbidden = func(netip.Addr) string { return "" }
		return nil
	}
}

// FetchTransport makes the download over rt, for tests and for proxies: which
// address a connection goes to is then rt's business, and so is whether it
// unpacks a body or adds to the request. It must be safe for concurrent use
// where the downloads are concurrent. The mock server's storage is reached over
// its Transport.
func FetchTransport(rt http.RoundTripper) FetchOption {
	return func(c *fetchConfig) error {
		if rt == nil {
			return invalid(opFetch, "FetchTransport", "is nil: give a RoundTripper, or leave the option out")
		}
		c.transport = rt
		return nil
	}
}

// DownloadEventAttachment writes the file that an event's attachment leads to
// into w, and returns how many bytes w took, also with an error. It needs no
// client: the URL is presigned, and the GET carries no credential, no cookie
// and no Referer.
//
// Who can make you take an event chooses the URL, so a webhook must not make
// your server read its own network:
//
//   - Each connection goes to a public address, judged after DNS, when it is
//     made. Every block of IANA's special-purpose registries is refused,
//     multicast and reserved space too: [ErrForbiddenAddress]. IPv4 inside IPv6
//     is judged as IPv4, or refused. [FetchAllowPrivate] lifts this. The rule
//     cannot know an address of your own network that is a public one.
//   - No redirect is followed: it is an [*APIError] with [ErrRedirect], whose
//     Location has no query. No proxy is taken from the environment.
//   - w gets at most as many bytes as [FetchMaxBytes] says. A longer file is
//     [ErrTooLarge]: w got nothing where the answer says its length, else
//     exactly that many bytes. The attachment's Size is what the event says
//     and nothing more; it is not looked at.
//   - All of it ends after [FetchTimeout]: [ErrAttemptTimeout]. A Write that
//     is under way then is waited for.
//
// The bytes are written as they come. A compressed body is asked not to be, and
// is never unpacked.
//
// Errors are the four of every call, with the Op DownloadEventAttachment. A URL
// that is not absolute http or https, or has a user in it, is a [*ParamError]
// before the network. Without a complete answer it is a [*TransportError], also
// where w fails, whose own error errors.Is finds; the end of ctx stays the
// context's error. An answer that is no 2xx is an [*APIError]: most storages
// say 403 to a URL whose time is over, and MAIA's page does not say how long
// one lives. No text holds the URL.
//
// There is one attempt. A repeat is safe for the storage, but w keeps what it
// got: begin with a new one. Calls are independent and share no connection.
//
// Source: MAIA, "Webhooks", attachments of a message. Bounds and the address
// rule are ours.
func DownloadEventAttachment(ctx context.Context, a EventAttachment, w io.Writer, opts ...FetchOption) (int64, error) {
	if w == nil {
		return 0, invalid(opFetch, "w", "is nil: give where the file shall go")
	}
	cfg := fetchConfig{maxBytes: defaultFetchBytes, timeout: defaultFetchTimeout, forbidden: special}
	for _, opt := range opts {
		if opt == nil {
			return 0, invalid(opFetch, "a FetchOption", "is nil")
		}
		if err := opt(&cfg); err != nil {
			return 0, err
		}
	}
	sink := &transport.Sink{To: w, Max: cfg.maxBytes, Whole: true}
	sink.Over = fmt.Errorf("%w: the file has over %d bytes, which FetchMaxBytes allows", ErrTooLarge, cfg.maxBytes)
	err := cfg.fetch(ctx, &fileTransfer{param: "URL", advice: "give the attachment as the event brought it", url: a.URL, sink: sink})
	return sink.Written, err
}

// fetch takes the road of a call, with an endpoint that is made for it.
func (c *fetchConfig) fetch(ctx context.Context, file *fileTransfer) error {
	storage := transport.Endpoint{Loop: transport.NewLoop(c.roundTripper(), nil), State: new(transport.State)}
	alone := &core{endpoints: map[API]*endpoint{MAIA: {credential: new(transport.Credential), storage: storage}}}
	x := &exchange{core: alone, name: opFetch, out: new(struct{})}
	if err := x.prepare(ctx, request{op: wire.Download, file: file}, nil); err != nil {
		return err
	}
	x.MaxAttempts, x.Timeout = 1, c.timeout
	transport.Do(ctx, x.peer(), &x.Call)
	x.Permanent = x.Permanent || errors.Is(x.Result.Err, ErrForbiddenAddress)
	return x.err()
}

// roundTripper is for one request: the connection ends with it.
func (c *fetchConfig) roundTripper() http.RoundTripper {
	if c.transport != nil {
		return c.transport
	}
	dialer := transport.NewDialer()
	dialer.Resolver, dialer.Control = c.resolver, c.admit
	own := transport.NewTransport(0)
	own.Proxy, own.DialContext = nil, dialer.DialContext
	own.DisableKeepAlives, own.DisableCompression = true, true
	own.ForceAttemptHTTP2, own.HTTP2 = false, nil // it would gain nothing
	return own
}

// admit judges a connection before it is made: the address is the one that it
// goes to, whatever the name resolved to before or resolves to next.
func (c *fetchConfig) admit(_, address string, _ syscall.RawConn) error {
	to, _ := netip.ParseAddrPort(address) // of what is none it is the zero one, which is no public one
	if what := c.forbidden(to.Addr()); what != "" {
		return fmt.Errorf("%w: it is %s; FetchAllowPrivate allows it", ErrForbiddenAddress, what)
	}
	return nil
}
