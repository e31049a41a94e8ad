package agentmsg_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// No print of a handler or a tenant, or of a copy, shows a secret.
func TestPrintsShowNoSecret(t *testing.T) {
	t.Parallel()
	h, err := agentmsg.NewWebhookHandler(accepts, agentmsg.WithWebhookSecrets(hushedSecret))
	require.NoError(t, err)
	tenant := agentmsg.Tenant{ID: "a", Secrets: []string{hushedSecret}}
	values := []any{h, *h, tenant, &tenant, []agentmsg.Tenant{tenant}, struct{ T agentmsg.Tenant }{tenant}, map[string]agentmsg.Tenant{"x": tenant}}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			require.NotContains(t, text, "hush")
			require.NotContains(t, text, fmt.Sprintf("%x", hushedSecret))
		}
	}
	require.Equal(t, `Tenant("a")`, fmt.Sprint(tenant))

	var lines strings.Builder
	for _, logger := range []*slog.Logger{slog.New(slog.NewJSONHandler(&lines, nil)), slog.New(slog.NewTextHandler(&lines, nil))} {
		for _, v := range values[:4] {
			logger.Info("m", "v", v)
		}
	}
	require.NotContains(t, lines.String(), "hush")
	require.Contains(t, lines.String(), `"v":{"handled":0,"duplicates":0,"refused":0,"failed":0,"givenUp":0,"leaseLost":0,"queued":0}`)
	require.Contains(t, lines.String(), "v.handled=0")
	require.Contains(t, lines.String(), `"v":"a"`)
}

// Each count is in the log of a handler under its own name.
func TestHandlerLogsItsCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		w := watch(t, agentmsg.WithWebhookQueue(1, 9))
		w.run = func(_ context.Context, e agentmsg.Event) error {
			switch e.Session() {
			case "bad":
				return errHush
			case "hang":
				<-release
			}
			return nil
		}
		deliver := func(session, id string) { w.receive(delivery(string(messageBody(session, id, "x")))) }
		w.done = func() error { return agentmsg.ErrLeaseLost }
		for _, id := range []string{"1", "2", "3"} { // LeaseLost 3
			deliver("good", id)
			synctest.Wait()
		}
		w.done = nil
		deliver("good", "4")
		deliver("bad", "5")
		time.Sleep(20 * time.Second)
		deliver("good", "4") // Duplicates 2
		deliver("good", "4")
		for range 5 {
			w.receive(signedBy("/", "other", "{}"))
		}
		deliver("hang", "6")
		synctest.Wait()
		for i := range 6 {
			deliver("wait", fmt.Sprint(i+7))
		}
		want := agentmsg.WebhookStats{Handled: 4, Duplicates: 2, Refused: 5, Failed: 4, GivenUp: 1, LeaseLost: 3, Queued: 6}
		require.Equal(t, want, w.Stats())
		logged := map[string]int{}
		for _, a := range w.LogValue().Group() {
			require.NoError(t, json.Unmarshal([]byte(a.Value.String()), new(int)))
			n := 0
			_, _ = fmt.Sscan(a.Value.String(), &n)
			logged[a.Key] = n
		}
		require.Equal(t, map[string]int{"handled": 4, "duplicates": 2, "refused": 5, "failed": 4, "givenUp": 1, "leaseLost": 3, "queued": 6}, logged)
		close(release)
		require.NoError(t, w.Shutdown(t.Context()))
	})
}

// Done has its time, however close the deadline is by then: what was handled
// was.
func TestDoneOutlivesTheDeadline(t *testing.T) {
	t.Parallel()
	for _, run := range []time.Duration{0, 4 * time.Second, 7999 * time.Millisecond, 8 * time.Second, 9 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := watch(t)
			w.run = func(context.Context, agentmsg.Event) error { time.Sleep(run); return nil }
			var left time.Duration
			w.doneWith = func(ctx context.Context) error {
				deadline, ok := ctx.Deadline()
				require.True(t, ok)
				left = time.Until(deadline)
				return nil
			}
			w.receive(delivery(refusedBody))
			require.NoError(t, w.Shutdown(t.Context()))
			require.GreaterOrEqual(t, left, 3*time.Second)
			require.Equal(t, []time.Duration{24 * time.Hour}, w.keeps)
		})
	}
}

// A store that ends its goroutine, as a test's FailNow does, ends nothing else.
func TestDeduperThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.run = func(context.Context, agentmsg.Event) error { time.Sleep(2500 * time.Millisecond); return nil }
		w.renew = func() error { runtime.Goexit(); return nil }
		requireAnswer(t, w.receive(delivery(refusedBody)), 200, "")
		w = watch(t)
		w.claim = func() (agentmsg.Claim, error) { runtime.Goexit(); return agentmsg.Claim{}, nil }
		requireAnswer(t, w.receive(delivery(refusedBody)), 500, "handler_failed")
		require.NoError(t, w.Shutdown(t.Context()))
		require.Empty(t, w.reached())
	})
}

// An event is the function's: what it writes to it changes neither how long
// the event is remembered nor what is logged, and races with neither.
func TestEventIsTheFunctions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, agentmsg.WithWebhookDeadline(time.Second))
		scribble := func(e agentmsg.Event) {
			m := e.(*agentmsg.MessageEvent)
			m.MessageID, m.SessionID, m.Response = "hush-id", "hush-session", m.Response+"x"
		}
		w.run = func(_ context.Context, e agentmsg.Event) error {
			for range 40 {
				scribble(e)
				time.Sleep(100 * time.Millisecond)
			}
			return errors.New("too late")
		}
		w.renew = func() error { return errors.New("not now") }
		requireAnswer(t, w.receive(delivery(string(messageBody("s", "m", "x")))), 503, anyCode)
		require.NoError(t, w.Shutdown(t.Context()))
		require.NotContains(t, w.logged(), "hush")
		require.Contains(t, w.logged(), `"session":"s","id":"m"`)

		for _, opts := range [][]agentmsg.WebhookOption{nil, {agentmsg.WithWebhookQueue(1, 1)}} {
			w = watch(t, opts...)
			w.run = func(_ context.Context, e agentmsg.Event) error {
				scribble(e)
				e.(*agentmsg.MessageEvent).MessageID = ""
				return nil
			}
			requireAnswer(t, w.receive(delivery(string(messageBody("s", "m", "x")))), 200, "")
			require.NoError(t, w.Shutdown(t.Context()))
			require.Equal(t, []time.Duration{24 * time.Hour}, w.keeps)
		}
	})
}
