package mockserver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// Worlds are many servers behind one handler, for tests that run side by side
// against one address, in any language: each test invents a credential, and
// has a server of its own for it, with its own state, journal, faults and
// webhooks.
//
// A credential starts with test_ or sk_test_ and comes as a Bearer token or as
// X-API-Key. Its world is made at its first use, takes it as MAIA token, as
// BluBash key and as token of the Conversations API, and knows nothing of any
// other. What carries no such credential is answered 401 in the API's own
// words; [Worlds.Or] gives it to another handler.
//
// A world ends with [Worlds.Reset], with its server's Close, or once it has
// gone without a request and without anything under way for as long as
// [WithWorldIdle] says; with its next use it begins anew. Before that it never
// ends: at the limit, a credential that has no world yet is answered 503, which
// says so, and nobody loses one that is in use.
//
// Ids that look like UUIDs begin differently in each world, so that a receiver
// that hears several of them tells their messages apart. Presigned links name
// their world by a hash of its credential, in X-Amz-Credential.
//
// It is safe for concurrent use, and all of this is ours.
type Worlds struct {
	limit  int
	idle   time.Duration
	opts   []Option
	nobody *Server // has no state; answers where there is no world

	mu      sync.Mutex
	live    map[string]*inhabited // by credential
	byHash  map[string]*inhabited
	closed  bool
	endings sync.WaitGroup // Add under mu, while open
}

// inhabited is a world that lives. What is in it is guarded by the Worlds' lock.
type inhabited struct {
	server     *Server
	credential string
	used       time.Time // otherwise than by a request
	inside     int       // requests on their way through
	timer      *time.Timer
}

const (
	defaultWorldIdle    = 15 * time.Minute
	defaultWorldJournal = 1_000
	minWorldBodies      = 4 << 20
)

// NewWorlds returns worlds that all have the given options, at most limit of
// them at a time. A bad option is an error that names it, and so is a limit
// below 1. Credentials in the options are of no use: each world has its own.
//
// Unless an option says otherwise a world's journal keeps 1,000 requests and
// as many deliveries. Of bodies and long headers all journals together keep
// 64 MiB, but each at least 4. An AI or a handler of the options serves all worlds; [WithNewAI]
// gives each its own.
//
// The caller closes it.
func NewWorlds(limit int, opts ...Option) (*Worlds, error) {
	if limit < 1 {
		return nil, fmt.Errorf("mockserver: NewWorlds allows less than one world: its limit is %d", limit)
	}
	w := &Worlds{limit: limit, live: map[string]*inhabited{}, byHash: map[string]*inhabited{}}
	w.opts = append([]Option{WithJournal(defaultWorldJournal), func(c *config) error {
		c.bodies = max(maxJournalBytes/limit, minWorldBodies)
		return nil
	}}, opts...)
	c, err := newConfig(w.opts)
	if err != nil {
		return nil, err
	}
	w.idle = defaultWorldIdle
	if c.idle > 0 {
		w.idle = c.idle
	}
	w.nobody = &Server{config: c}
	return w, nil
}

// WithWorldIdle sets how long a world of [NewWorlds] lives without a request;
// the default is 15 minutes. For one server alone it is an error.
func WithWorldIdle(d time.Duration) Option {
	return func(cfg *config) error {
		if d <= 0 {
			return optionError("WithWorldIdle", "is no time at all")
		}
		cfg.idle = d
		return nil
	}
}

// TestCredential is the credential of a request that has one for [Worlds]: a
// Bearer token, else the X-API-Key, that starts with test_ or sk_test_. false:
// it has none.
func TestCredential(r *http.Request) (credential string, ok bool) {
	for _, given := range [...]string{string(bearerToken(r.Header.Get(wire.HeaderAuthorization))), r.Header.Get(wire.HeaderAPIKey)} {
		if isTestCredential(given) {
			return given, true
		}
	}
	return "", false
}

func isTestCredential(s string) bool {
	return strings.HasPrefix(s, "test_") || strings.HasPrefix(s, "sk_test_")
}

// World is the server of a credential, made where there is none yet. It counts
// as a use, and so does a request by the server's own Client; other calls of
// its methods do not. nil: the credential does not start with test_ or
// sk_test_, the limit is reached, or Close was called.
func (w *Worlds) World(credential string) *Server {
	s, done, err := w.Use(credential)
	if err != nil {
		return nil
	}
	done()
	return s
}

// Use is [Worlds.World] for as long as someone looks at one: until done is
// called the world does not end for want of requests. Where there is none err
// says why.
func (w *Worlds) Use(credential string) (s *Server, done func(), err error) {
	if !isTestCredential(credential) {
		return nil, nil, errors.New("mockserver: a credential that has a world starts with test_ or sk_test_")
	}
	in, reason := w.enter(credential)
	if in == nil {
		return nil, nil, errors.New(reason)
	}
	return in.server, sync.OnceFunc(func() { w.leave(in) }), nil
}

// enter finds or makes a world, and keeps it from ending until leave. Without
// one there is a reason.
func (w *Worlds) enter(credential string) (in *inhabited, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	in = w.live[credential]
	switch {
	case w.closed:
		return nil, "mockserver: closed"
	case in != nil && in.server.ctx.Err() == nil:
		in.inside++
		in.used = time.Now()
		return in, ""
	case in != nil: // its server was closed
		w.forget(in)
	case len(w.live) >= w.limit:
		return nil, fmt.Sprintf("mockserver: all %d worlds are in use: reset those that are done with, or raise the limit; one without a request for %s ends by itself", w.limit, w.idle)
	}
	hash := hashOf(credential)
	server, err := newServer(append(w.opts[:len(w.opts):len(w.opts)], func(c *config) error {
		c.keys.replace(Credentials{MAIAToken: secret(credential), BluBashKey: secret(credential), ConversationsToken: secret(credential)})
		c.keys.revoked = nil
		c.world = hash
		return nil
	}))
	if err != nil { // only of an option that does not say the same each time
		return nil, err.Error()
	}
	in = &inhabited{server: server, credential: credential, used: time.Now(), inside: 1}
	in.timer = time.AfterFunc(w.idle, func() { w.expire(in) })
	w.live[credential], w.byHash[hash] = in, in
	return in, ""
}

// enterHash finds the world that a presigned link names; nil: it is over.
func (w *Worlds) enterHash(hash string) *inhabited {
	w.mu.Lock()
	defer w.mu.Unlock()
	in := w.byHash[hash]
	if in != nil {
		in.inside++
		in.used = time.Now()
	}
	return in
}

func (w *Worlds) leave(in *inhabited) {
	w.mu.Lock()
	defer w.mu.Unlock()
	in.inside--
	in.used = time.Now()
}

// hashOf names a world where its credential must not be.
func hashOf(credential string) string {
	sum := sha256.Sum256([]byte(credential))
	return hex.EncodeToString(sum[:8])
}

// forget takes a world out. w.mu is held.
func (w *Worlds) forget(in *inhabited) {
	in.timer.Stop()
	if w.live[in.credential] == in {
		delete(w.live, in.credential)
		delete(w.byHash, in.server.config.world)
	}
}

// expire ends a world that nobody has used, or looks again later.
func (w *Worlds) expire(in *inhabited) {
	w.mu.Lock()
	if w.closed || w.live[in.credential] != in {
		w.mu.Unlock()
		return
	}
	if left := w.idle - time.Since(in.lastUse()); left > 0 {
		in.timer.Reset(left)
		w.mu.Unlock()
		return
	}
	w.forget(in)
	w.endings.Add(1)
	w.mu.Unlock()
	defer w.endings.Done()
	in.server.Close()
}

// lastUse is now while anything is under way.
func (in *inhabited) lastUse() time.Time {
	in.server.mu.Lock()
	defer in.server.mu.Unlock()
	switch {
	case in.inside > 0 || in.server.busy > 0:
		return time.Now()
	case in.server.used.After(in.used):
		return in.server.used
	}
	return in.used
}

// Reset ends the world of a credential: what is under way is cut off and
// joined, as by [Server.Close]. false: it had none. The next use begins a new
// one.
func (w *Worlds) Reset(credential string) bool {
	w.mu.Lock()
	in := w.live[credential]
	if in == nil || w.closed {
		w.mu.Unlock()
		return false
	}
	w.forget(in)
	w.endings.Add(1)
	w.mu.Unlock()
	defer w.endings.Done()
	in.server.Close()
	return true
}

// Servers are those of the worlds that live, in no order.
func (w *Worlds) Servers() []*Server {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]*Server, 0, len(w.live))
	for _, in := range w.live {
		all = append(all, in.server)
	}
	return all
}

// Close ends all worlds, as [Server.Close] ends one, and waits for it. It is
// safe to repeat. Requests are answered 503 from then on.
func (w *Worlds) Close() {
	w.mu.Lock()
	w.closed = true
	for _, in := range w.live {
		w.forget(in)
		w.endings.Go(in.server.Close)
	}
	w.mu.Unlock()
	w.endings.Wait()
}
