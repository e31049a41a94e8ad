package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

func TestOutput(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `   acme, session s1: "Message 1"
1. to acme, signed with "old": 200
   globex, session s1: "Message 2"
2. to globex, signed with "other": 200
   acme, session s1: "Message 3"
3. to acme, signed with "old": 200
   acme, session s1: "Message 4"
4. to acme, signed with "new": 200
   acme, session s1: "Message 5"
5. to acme, signed with "new": 200
6. to acme, signed with "old": 401
7. to globex, signed with "new": 401
8. to initech, signed with "new": 401
left: 5 handled, 3 refused, nothing lost
`, out.String())
}

// A signal in the middle ends it, and says so.
func TestSignal(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, run(ctx, new(bytes.Buffer)), context.Canceled)
}

// What comes before the load balancer has noticed is handled; a run that
// overran its deadline ends before the program does.
func TestLeavesInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		runs := make(map[string]time.Duration) // how long after the signal each ended
		var mu sync.Mutex
		var signalled time.Time
		app := serving(t, func(_ context.Context, e agentmsg.Event) error {
			if e.DedupeKey() == "slow" {
				time.Sleep(20 * time.Second)
			}
			mu.Lock()
			defer mu.Unlock()
			runs[e.DedupeKey()] = time.Since(signalled)
			return nil
		})
		var deliveries sync.WaitGroup
		deliveries.Go(func() { require.Equal(t, 503, app.deliver(t, "slow")) }) // at its deadline, 8 s
		time.Sleep(2 * time.Second)
		mu.Lock()
		signalled = time.Now()
		mu.Unlock()
		app.stop()
		time.Sleep(time.Second)
		require.Equal(t, 503, app.ready(t))
		require.Equal(t, 200, app.deliver(t, "late"))
		deliveries.Wait()
		require.NoError(t, <-app.served)
		require.Equal(t, 18*time.Second, time.Since(signalled))
		require.Equal(t, map[string]time.Duration{"late": time.Second, "slow": 18 * time.Second}, runs)
	})
}

// What never ends is left behind, and that is said.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		app := serving(t, func(context.Context, agentmsg.Event) error { <-ended; return nil })
		require.Equal(t, 200, app.ready(t))
		require.Equal(t, 503, app.deliver(t, "stuck"))
		began := time.Now()
		app.stop()
		require.ErrorIs(t, <-app.served, context.DeadlineExceeded)
		require.Equal(t, 25*time.Second, time.Since(began))
		close(ended)
	})
}

// A listener that fails ends the program with its error.
func TestListenerFails(t *testing.T) {
	t.Parallel()
	app := serving(t, nil)
	require.NoError(t, app.listener.Close())
	require.ErrorIs(t, <-app.served, net.ErrClosed)
}

// served is a service over pipes.
type served struct {
	listener pipes
	client   http.Client
	stop     context.CancelFunc
	served   chan error
}

func serving(t *testing.T, handle func(context.Context, agentmsg.Event) error) *served {
	t.Helper()
	if handle == nil {
		handle = func(context.Context, agentmsg.Event) error { return nil }
	}
	s, err := newService(&customers{secrets: map[string][]string{"acme": {"secret"}}}, handle, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	a := &served{listener: pipes{make(chan net.Conn), make(chan struct{})}, served: make(chan error, 1)}
	transport := &http.Transport{DialContext: a.listener.dial}
	a.client.Transport = transport
	ctx, stop := context.WithCancel(t.Context())
	a.stop = stop
	go func() { a.served <- s.serve(ctx, a.listener) }()
	t.Cleanup(transport.CloseIdleConnections)
	return a
}

func (a *served) deliver(t *testing.T, id string) int {
	r := mockserver.SignedRequest(t, "http://app.test/webhooks/acme", "secret", []byte(`{"messageId":"`+id+`","response":"hi"}`))
	return a.status(t, r)
}

func (a *served) ready(t *testing.T) int {
	r, err := http.NewRequest(http.MethodGet, "http://app.test/ready", strings.NewReader(""))
	require.NoError(t, err)
	return a.status(t, r)
}

func (a *served) status(t *testing.T, r *http.Request) int {
	t.Helper()
	answer, err := a.client.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode
}

// pipes is a listener of net.Pipes, which work in a bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	server, client := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
