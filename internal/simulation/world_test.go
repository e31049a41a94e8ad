package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// world is a server, its clients, and what goes wrong between them. All chance
// comes from the seed. No two of them act at the same nanosecond, but by the
// rarest chance: whoever acts has waited for a random time.
type world struct {
	seed    uint64
	server  *mockserver.Server
	end     time.Time
	inbox   *inbox
	clients []*client
	token   atomic.Pointer[string] // what the sources of tokens give

	limited  bool // the server limits its calls
	rotates  bool // tokens come and go
	limiters []*limiter

	mu     sync.Mutex
	wrong  []string
	later  []*claim // to be compared with the journal
	blame  blame
	totals totals
	told   []string // the journal, a line a record
}

// client is one client, and those who call it.
type client struct {
	*agentmsg.Client
	name    string
	workers []*worker
}

// limiter is what must hold for the clients that share it.
type limiter struct {
	clients []string
	windows []agentmsg.RateWindow
}

// totals are what worlds came to.
type totals struct {
	hours                                                         float64
	worlds, calls, failed, repeated, unknown, requests, faults    int
	deliveries, redelivered, rotations, unsafe, keyed, safe, held int
}

func (t *totals) add(o totals) {
	t.hours += o.hours
	for _, sum := range [...]struct {
		of *int
		n  int
	}{
		{&t.worlds, o.worlds}, {&t.calls, o.calls}, {&t.failed, o.failed}, {&t.repeated, o.repeated}, {&t.unknown, o.unknown},
		{&t.requests, o.requests}, {&t.faults, o.faults}, {&t.deliveries, o.deliveries}, {&t.redelivered, o.redelivered},
		{&t.rotations, o.rotations}, {&t.unsafe, o.unsafe}, {&t.keyed, o.keyed}, {&t.safe, o.safe}, {&t.held, o.held},
	} {
		*sum.of += sum.n
	}
}

func (t totals) String() string {
	return fmt.Sprintf("%d worlds, %d calls (%d unsafe, %d keyed, %d safe; %d failed, %d of them unknown, %d made again, %d held to a limit), %d requests, %d hit by a fault, %d deliveries (%d again on demand), %d rotations",
		t.worlds, t.calls, t.unsafe, t.keyed, t.safe, t.failed, t.unknown, t.repeated, t.held, t.requests, t.faults, t.deliveries, t.redelivered, t.rotations)
}

// chance is a source that depends on the seed and a name alone.
func (w *world) chance(name string) *rand.Rand { return rand.New(rand.NewPCG(w.seed, digest(name))) }

// between is a random time, to the nanosecond.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)+1))
}

func oneIn(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

func oneOf[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

const (
	talkID  = mockserver.DefaultChannelID
	phoneID = "channel-phone"
)

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{seed: seed, end: time.Now().Add(day), blame: newBlame()}
	w.inbox = &inbox{world: w, attempts: map[uint64]int{}}
	w.token.Store(new(mockserver.DefaultMAIAToken))
	r := w.chance("world")
	w.rotates = oneIn(r, 2)
	phone := mockserver.Channel{ID: phoneID, Identifier: "phone", Type: agentmsg.ChannelTypeWhatsAppQR, ForwardIncoming: true}
	if oneIn(r, 2) {
		phone.SplitByBreakline, phone.SplitDelay = true, between(r, 0, 5*time.Second)
	}
	if oneIn(r, 2) {
		phone.AggregationBuffer = between(r, time.Second, time.Minute)
	}
	opts := []mockserver.Option{
		mockserver.WithChannel(mockserver.Channel{ID: talkID, Identifier: mockserver.DefaultChannelIdentifier}), mockserver.WithChannel(phone),
		mockserver.WithWebhookHandler(w.inbox, ""), mockserver.WithJournal(1 << 20),
		mockserver.WithAIDelay(oneOf(r, between(r, 0, time.Second), between(r, time.Second, 20*time.Second), between(r, time.Minute, 4*time.Minute))),
	}
	if w.limited = oneIn(r, 2); w.limited {
		opts = append(opts, mockserver.WithRateLimitStatus(oneOf(r, 429, 403)),
			oneOf(r, mockserver.WithRateLimit(120, 3000), mockserver.WithRateLimit(6, 60), mockserver.WithRateLimit(2, 20)))
	}
	names := []string{"ada", "bob", "cyd", "dan"}[:2+r.IntN(3)]
	for _, name := range names {
		c := &client{name: name}
		for i := range 1 + r.IntN(3) {
			k := newWorker(w, c, fmt.Sprintf("%s%d", name, i))
			c.workers = append(c.workers, k)
			opts = append(opts, k.sessions()...)
		}
		w.clients = append(w.clients, c)
	}
	w.server = mockserver.Start(t, opts...)
	w.connect(t, r)
	return w
}

// connect makes the clients, of which some limit themselves. On a server with
// a limit one does, and one at a time calls it: those who wait for a reset
// would all come at the same nanosecond.
func (w *world) connect(t *testing.T, r *rand.Rand) {
	windows := oneOf(r,
		[]agentmsg.RateWindow{{Limit: 120, Per: time.Minute}, {Limit: 3000, Per: time.Hour}},
		[]agentmsg.RateWindow{{Limit: 2, Per: time.Minute}, {Limit: 10, Per: time.Hour}},
		[]agentmsg.RateWindow{{Limit: 1, Per: 20 * time.Second}})
	shared, err := agentmsg.NewLimiter(windows...)
	require.NoError(t, err)
	together := &limiter{windows: windows}
	for i, c := range w.clients {
		opts := append(w.credential(r), agentmsg.WithRetry(randomPolicy(r)), agentmsg.WithUserAgent(c.name),
			agentmsg.WithAttemptHook(func(context.Context, agentmsg.Attempt) {}))
		switch {
		case w.limited && i > 0 || !w.limited && oneIn(r, 3):
		case w.limited:
			c.workers = c.workers[:1]
			fallthrough
		case oneIn(r, 2):
			opts = append(opts, agentmsg.WithRateLimit(agentmsg.MAIA, windows...))
			w.limiters = append(w.limiters, &limiter{[]string{c.name}, windows})
		default:
			opts = append(opts, agentmsg.WithLimiter(agentmsg.MAIA, shared))
			together.clients = append(together.clients, c.name)
		}
		c.Client = w.server.Client(opts...)
	}
	w.limiters = append(w.limiters, together)
}

func randomPolicy(r *rand.Rand) agentmsg.RetryPolicy {
	p := agentmsg.RetryPolicy{
		MaxAttempts: r.IntN(7), MaxRetryAfter: oneOf(r, 0, 10*time.Second, 2*time.Minute, time.Hour), Budget: oneOf(r, 0, -1, 20),
		MinBackoff: oneOf(r, 0, time.Second),
	}
	if oneIn(r, 3) {
		p.AttemptTimeout = between(r, time.Second, 3*time.Minute)
	}
	return p
}

var errNoToken = errors.New("the vault is closed")

// credential is a token where none is ever revoked, and else a source.
func (w *world) credential(r *rand.Rand) []agentmsg.Option {
	if !w.rotates && oneIn(r, 2) {
		return nil
	}
	failing := r.IntN(2) * 50
	var asked atomic.Int64
	return []agentmsg.Option{agentmsg.WithMAIATokenSource(func(context.Context, string) (string, error) {
		if n := asked.Add(1); failing > 0 && n%int64(failing) == 0 {
			return "", errNoToken
		}
		return *w.token.Load(), nil
	})}
}

// live has everyone act until the end, and waits until nothing moves any more.
func (w *world) live(t *testing.T) {
	var all sync.WaitGroup
	for _, c := range w.clients {
		for _, k := range c.workers {
			all.Go(func() { k.work(t.Context()) })
		}
	}
	all.Go(func() { w.upset(&all) })
	all.Wait()
	require.NoError(t, w.server.Idle(t.Context()))
}

// fail notes what is not so.
func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.wrong) < 20 {
		w.wrong = append(w.wrong, time.Now().UTC().Format("Jan _2 15:04:05.000000000: ")+fmt.Sprintf(format, args...))
	}
}

// pause waits, at most until the end; false: it is the end.
func (w *world) pause(d time.Duration) bool {
	left := time.Until(w.end)
	time.Sleep(max(0, min(d, left)))
	return d < left
}
