package mockserver

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentmsg/agentmsg"
)

// What a server has that was given no other.
const (
	DefaultMAIAToken          = "mock-maia-token"
	DefaultBluBashKey         = "mock-blubash-key"
	DefaultConversationsToken = "mock-conversations-token"
	DefaultWebhookSecret      = "mock-webhook-secret"

	// DefaultChannelID and DefaultChannelIdentifier are the id and the
	// identifier of the API channel.
	DefaultChannelID         = "channel-api"
	DefaultChannelIdentifier = "support"
	DefaultAgentID           = "agent-default"
	DefaultBluBashChannelID  = "channel-blubash"
)

// TB is what [Start] needs of a test: a *testing.T and a *testing.B have it.
// A TB serves as testify's require.TestingT.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	FailNow()
}

// Server plays the three APIs. It is safe for concurrent use. Make it with
// [Start] or [New]; inside a testing/synctest bubble, make it there: one that
// was made outside ends the program when the bubble's goroutines meet its own.
//
// Ids are any string but one: a path element that is a lone slash, escaped, has
// no route in net/http, and none here.
type Server struct {
	tb     TB // nil: of New
	config config

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup // requests, turns and deliveries; Add under mu, while open

	keys atomic.Pointer[credentials] // written under mu

	mu      sync.Mutex
	world   world
	journal journal
	hooks   receiver // of every channel that has none of its own
	inside  map[*exchange]bool
	busy    int           // what Idle waits for
	used    time.Time     // by the last request
	changes int           // so far
	changed chan struct{} // closed at the next change; nil: nobody waits
	closed  bool
	unknown []string // method and path of each request without a route
	faults  []*injected
	putIn   int                // faults, so far
	pending map[*delivery]bool // events that are neither delivered nor given up
	sent    int                // events, so far

	hosts    serving
	outbound *http.Transport // to webhook URLs
	joined   chan struct{}   // closed when Close is done
}

// serving is made when it is first needed.
type serving struct {
	memory   *pipeHost
	loopback *host
	webhooks []*pipeHost
}

// Start returns a server for one test. The test's clean-up closes it, and
// then fails the test for each route that was asked for and does not exist,
// and for a read of a journal that had dropped records. Nothing listens until
// [Server.URL] is called. A bad option fails tb at once.
func Start(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := New(opts...)
	if err != nil {
		tb.Errorf("%v", err)
		tb.FailNow()
		return nil
	}
	s.tb = tb
	tb.Cleanup(s.finish)
	return s
}

// New returns a server for a program: an http.Handler to mount anywhere. A bad
// option is an error that names it. The caller closes it.
func New(opts ...Option) (*Server, error) {
	s, err := newServer(opts)
	if err != nil {
		return nil, err
	}
	if s.config.idle > 0 {
		s.Close()
		return nil, optionError("WithWorldIdle", "is for NewWorlds: a server alone lives until Close")
	}
	return s, nil
}

func newServer(opts []Option) (*Server, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if c.newAI != nil {
		c.ai = c.newAI()
		c.silent = c.ai == nil
	}
	s := &Server{config: c, hooks: c.hooks, world: newWorld(&c), inside: map[*exchange]bool{}, pending: map[*delivery]bool{}, joined: make(chan struct{})}
	s.keys.Store(&c.keys)
	s.journal.limit, s.journal.room = c.journal, c.bodies
	for _, f := range c.faults {
		s.put(f)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.outbound = &http.Transport{MaxIdleConnsPerHost: 64}
	if c.world != "" { // of which there may be a thousand, most of them done
		s.outbound.IdleConnTimeout = 10 * time.Second
	}
	s.hooks.serve(&s.hosts)
	return s, nil
}

// Client returns a client of all three APIs with the credentials of now, over
// [Server.Transport]. Options come after these and win. Calls after
// [Server.Close] fail, and were not sent.
func (s *Server) Client(opts ...agentmsg.Option) *agentmsg.Client {
	keys := s.keys.Load()
	client, err := agentmsg.NewClient(append([]agentmsg.Option{
		agentmsg.WithMAIA(string(keys.MAIAToken)),
		agentmsg.WithBluBash(string(keys.BluBashKey)),
		agentmsg.WithConversations(memoryBase+"/v1", string(keys.ConversationsToken)),
		agentmsg.WithBaseURL(agentmsg.MAIA, memoryBase),
		agentmsg.WithBaseURL(agentmsg.BluBash, memoryBase),
		agentmsg.WithHTTPClient(&http.Client{Transport: s.Transport()}),
	}, opts...)...)
	if err != nil {
		s.fail("Client: %v", err)
	}
	return client
}

// memoryBase names the server where no socket does. Any host would do.
const memoryBase = "http://mock.test"

// Transport reaches the server in memory: a real http.Server over net.Pipe.
// It takes any host, and http and https alike, without TLS. It is the same
// value each time, and ends with [Server.Close].
func (s *Server) Transport() http.RoundTripper {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hosts.memory == nil {
		s.hosts.memory = newPipeHost(s)
		if s.closed {
			s.hosts.memory.close()
		}
	}
	return s.hosts.memory.transport
}

// URL is the base URL of form http://127.0.0.1:port, without a trailing slash.
// The first call listens. Not for a testing/synctest bubble, which no socket
// may enter. Of a server from [New] it is what [WithURL] gave; without that
// URL panics.
func (s *Server) URL() string {
	if s.tb == nil {
		if s.config.url == "" {
			s.fail("URL: this server is mounted by its program, which alone knows where: give New a WithURL")
		}
		return s.config.url
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hosts.loopback == nil && !s.closed {
		l, err := new(net.ListenConfig).Listen(s.ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			s.tb.Helper()
			s.tb.Errorf("mockserver: URL: %v", err)
			s.tb.FailNow()
			return ""
		}
		s.hosts.loopback = newHost(l, s)
	}
	if s.hosts.loopback == nil {
		return "http://127.0.0.1:0" // closed before it was asked for: nothing can be reached
	}
	return "http://" + s.hosts.loopback.listener.Addr().String()
}

// Close ends what is under way (calls, turns of the AI, deliveries and their
// retries, connections) and waits until it has ended; an AI or a webhook
// handler that does not heed its context holds it up, and one that calls Close
// waits for itself. It is safe to repeat, and leaves no goroutine. The state
// and the journal can still be read.
func (s *Server) Close() {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.change()
	hosts := s.hosts
	if first {
		s.letGo()
	}
	s.mu.Unlock()
	if !first {
		<-s.joined
		return
	}
	s.cancel()
	hosts.close()
	s.work.Wait()
	s.outbound.CloseIdleConnections()
	close(s.joined)
}

// close goes from the front: a webhook handler that calls the server must get
// its error before it is waited for.
func (h *serving) close() {
	if h.memory != nil {
		h.memory.close()
	}
	if h.loopback != nil {
		h.loopback.close()
	}
	for _, p := range h.webhooks {
		p.close()
	}
}

// finish ends the server of a test, and says what the test must not miss.
func (s *Server) finish() {
	s.tb.Helper()
	s.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, route := range s.unknown {
		s.tb.Errorf("mockserver: %s was asked for, which no API here has", route)
	}
	if s.journal.misread {
		s.tb.Errorf("mockserver: Requests or Deliveries was read after records had been dropped: raise WithJournal, or count by WaitRequests and WaitDeliveries")
	}
}

// fail ends a misuse where it happens: it fails the test, or panics where
// there is none. After the test's end it says nothing. It is never called from
// a request's goroutine.
func (s *Server) fail(format string, args ...any) {
	if s.tb == nil {
		panic("mockserver: " + fmt.Sprintf(format, args...))
	}
	s.mu.Lock()
	over := s.closed
	s.mu.Unlock()
	if over {
		return
	}
	s.tb.Helper()
	s.tb.Errorf("mockserver: "+format, args...)
	s.tb.FailNow()
}
