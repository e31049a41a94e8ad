package agentmsg_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/signature"
	"github.com/stretchr/testify/require"
)

// hushedBody has a word of its own in each member that no log may have.
const hushedBody = `{"channelIdentifier":"hush-channel","sessionId":"s-1","messageId":"m-1","response":"hush-text","externalUserId":"hush-user",` +
	`"attachments":[{"id":"hush-file","url":"https://files.test/hush-path?X-Amz-Signature=hush-query","mimeType":"image/png"}]}`

const hushedSecret = "hush-secret"

// errHush is an error, or a panic, whose text repeats what it should not.
var errHush = errors.New("hush-error: postgres://user:hush-password@db.test/x: " + hushedBody)

// requireHushed holds every line of a log to what may stand in it, and to what
// must.
func requireHushed(tb testing.TB, logged string, must ...string) {
	tb.Helper()
	require.NotContains(tb, logged, "hush")
	require.NotContains(tb, logged, signature.Sign(hushedSecret, []byte(hushedBody)))
	require.NotContains(tb, logged, "X-Amz-Signature")
	for line := range strings.Lines(logged) {
		var fields map[string]any
		require.NoError(tb, json.Unmarshal([]byte(line), &fields), line)
		require.True(tb, strings.HasPrefix(fields["msg"].(string), "agentmsg: webhook: "), line)
		if kind, ok := fields["panic"]; ok {
			require.NotEmpty(tb, kind)
			require.Contains(tb, fields["stack"], "agentmsg_test.") // where it was
		}
		if event, ok := fields["event"]; ok {
			require.Equal(tb, map[string]any{"type": "message", "session": "s-1", "id": "m-1"}, event)
			require.Equal(tb, "a", fields["tenant"])
		}
	}
	for _, text := range must {
		require.Contains(tb, logged, text)
	}
}

const ofTheEvent = `"tenant":"a","event":{"type":"message","session":"s-1","id":"m-1"}`

// loudFailure is a way to fail, and what the log says of it.
type loudFailure struct {
	name   string
	set    func(*watched)
	opts   []agentmsg.WebhookOption
	status int
	must   []string
}

func loudFailures() []loudFailure {
	run := func(f func(context.Context, agentmsg.Event) error) func(*watched) {
		return func(w *watched) { w.run = f }
	}
	tap := func(f func() (bool, error)) []agentmsg.WebhookOption {
		return []agentmsg.WebhookOption{agentmsg.WithWebhookTap(func(context.Context, agentmsg.Event) (bool, error) { return f() })}
	}
	const e, p = `"error":"*errors.errorString"`, `"panic":"*errors.errorString"`
	return []loudFailure{
		{"an error", run(func(context.Context, agentmsg.Event) error { return errHush }), nil, 500, []string{"the function failed", e}},
		{"an error around another", run(func(context.Context, agentmsg.Event) error { return fmt.Errorf("hush: %w", errHush) }), nil, 500, []string{`"error":"*fmt.wrapError"`}},
		{"a nil pointer", run(func(context.Context, agentmsg.Event) error { return (*nilError)(nil) }), nil, 500, []string{`"error":"*agentmsg_test.nilError"`}},
		{"a panic", run(func(context.Context, agentmsg.Event) error { panic(errHush) }), nil, 500, []string{"the function panicked", p}},
		{"a panic with the text", run(func(_ context.Context, e agentmsg.Event) error { panic(e.(*agentmsg.MessageEvent).Response) }), nil, 500, []string{`"panic":"string"`}},
		{"a panic with the event", run(func(_ context.Context, e agentmsg.Event) error { panic(e) }), nil, 500, []string{`"panic":"*agentmsg.MessageEvent"`}},
		{"an end of goroutine", run(func(context.Context, agentmsg.Event) error { runtime.Goexit(); return nil }), nil, 500, []string{"the function failed", e}},
		{"too late", run(func(context.Context, agentmsg.Event) error { time.Sleep(12 * time.Second); return errHush }), nil, 503, []string{"not handled at its deadline: answered with 503", "the function failed", e}},
		{"tap errs", nil, tap(func() (bool, error) { return true, errHush }), 503, []string{"the tap failed", e}},
		{"tap panics", nil, tap(func() (bool, error) { panic(errHush) }), 503, []string{"the tap panicked", p}},
		{"claim errs", func(w *watched) {
			w.onClaim = func(context.Context, int) (agentmsg.Claim, error) { return agentmsg.Claim{}, errHush }
		}, nil, 503, []string{"the deduper failed", e, "deduper_unavailable"}},
		{"claim panics", func(w *watched) { w.onClaim = func(context.Context, int) (agentmsg.Claim, error) { panic(errHush) } }, nil, 503, []string{"the deduper panicked", p}},
		{"claim in no state", func(w *watched) {
			w.onClaim = func(context.Context, int) (agentmsg.Claim, error) {
				return agentmsg.Claim{Token: "hush", State: 9}, nil
			}
		}, nil, 503, []string{"a state that is none"}},
		{"claim in flight", func(w *watched) {
			w.onClaim = func(context.Context, int) (agentmsg.Claim, error) {
				return agentmsg.Claim{State: agentmsg.ClaimInFlight}, nil
			}
		}, nil, 503, []string{"in_flight", "another delivery of the event has not ended"}},
		{"done errs", func(w *watched) { w.onDone = func(context.Context, int) error { return errHush } }, nil, 200, []string{"the deduper failed", e}},
		{"done panics", func(w *watched) { w.onDone = func(context.Context, int) error { panic(errHush) } }, nil, 200, []string{"the deduper panicked", p}},
		{"done of a nil pointer", func(w *watched) { w.onDone = func(context.Context, int) error { return (*nilError)(nil) } }, nil, 200, []string{"the deduper panicked", `"panic":"runtime.errorString"`}},
		{"lease lost", func(w *watched) {
			w.onDone = func(context.Context, int) error { return errors.Join(errHush, agentmsg.ErrLeaseLost) }
		}, nil, 200, []string{"lost its claim", `"error":"*errors.joinError"`}},
		{"renew errs", func(w *watched) {
			w.run = func(context.Context, agentmsg.Event) error { time.Sleep(4 * time.Second); return nil }
			w.onRenew = func(int) error { return errHush }
		}, nil, 200, []string{"the deduper failed", e, "lost its claim"}},
		{"renew of a nil pointer", func(w *watched) {
			w.run = func(context.Context, agentmsg.Event) error { time.Sleep(2500 * time.Millisecond); return nil }
			w.onRenew = func(int) error { return (*nilError)(nil) }
		}, nil, 200, []string{"the deduper panicked"}},
		{"given up", run(func(context.Context, agentmsg.Event) error { return errHush }), []agentmsg.WebhookOption{agentmsg.WithWebhookQueue(1, 1)}, 200,
			[]string{"given up: it failed to the last", `"runs":4`, "the function failed", e}},
	}
}

func TestLogIsHushed(t *testing.T) {
	t.Parallel()
	tenants := agentmsg.WithWebhookTenants(func(*http.Request) (agentmsg.Tenant, error) {
		return agentmsg.Tenant{ID: "a", Secrets: []string{hushedSecret}}, nil
	})
	for _, test := range loudFailures() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch(t, append([]agentmsg.WebhookOption{tenants}, test.opts...)...)
				if test.set != nil {
					test.set(w)
				}
				requireAnswer(t, w.receive(signedBy("/", hushedSecret, hushedBody)), test.status, anyCode)
				time.Sleep(30 * time.Second)
				require.NoError(t, w.Shutdown(t.Context()))
				requireHushed(t, w.logged(), append(test.must, ofTheEvent)...)
			})
		})
	}
}

// Before an event is verified nothing of the request is logged but what is
// wrong with it.
func TestLogOfRefusalsIsHushed(t *testing.T) {
	t.Parallel()
	for text, f := range map[string]func() (agentmsg.Tenant, error){
		"with a *errors.errorString": func() (agentmsg.Tenant, error) {
			return agentmsg.Tenant{ID: "hush", Secrets: []string{hushedSecret}}, errHush
		},
		"with a *fmt.wrapError": func() (agentmsg.Tenant, error) { return agentmsg.Tenant{}, fmt.Errorf("%s: %w", hushedSecret, errHush) },
		"knows no such tenant":  func() (agentmsg.Tenant, error) { return agentmsg.Tenant{}, errors.Join(errHush, agentmsg.ErrNotFound) },
		`"stack":`:              func() (agentmsg.Tenant, error) { panic(errHush) },
		"has a line break": func() (agentmsg.Tenant, error) {
			return agentmsg.Tenant{ID: "a", Secrets: []string{hushedSecret + "\n"}}, nil
		},
		"under any secret": func() (agentmsg.Tenant, error) { return agentmsg.Tenant{ID: "a", Secrets: []string{"hush"}}, nil },
	} {
		w := watch(t, agentmsg.WithWebhookTenants(func(*http.Request) (agentmsg.Tenant, error) { return f() }))
		r := signedBy("/hush-path?hush-query", hushedSecret, hushedBody)
		r.Header.Set("Authorization", "hush-token")
		require.GreaterOrEqual(t, w.receive(r).status, 401)
		requireHushed(t, w.logged(), text, `"msg":"agentmsg: webhook: refused"`, `"level":"WARN"`)
	}
	w := watch(t)
	for _, body := range []string{"hush", `{"response":"hush-text"`} {
		require.Equal(t, 400, w.receive(delivery(body)).status)
	}
	broken := delivery(hushedBody)
	broken.Body = hushedReader{&http.MaxBytesError{Limit: 3}}
	require.Equal(t, 413, w.receive(broken).status)
	broken.Body = hushedReader{errHush}
	require.Equal(t, 503, w.receive(broken).status)
	broken.Body = hushedReader{http.ErrBodyReadAfterClose}
	require.Equal(t, 401, w.receive(broken).status)
	requireHushed(t, w.logged(), "http: request body too large", "reading it failed with a *fmt.wrapError", "something had read the body before")
}

// hushedReader fails with more words than its cause has.
type hushedReader struct{ cause error }

func (r hushedReader) Read([]byte) (int, error) { return 0, fmt.Errorf("hush: %w", r.cause) }
func (hushedReader) Close() error               { return errHush }

// A logger that panics is the user's as well: it costs the line alone, on
// whatever goroutine.
func TestLogThatPanics(t *testing.T) {
	t.Parallel()
	w := watch(t, agentmsg.WithWebhookLogger(slog.New(panickingHandler{slog.DiscardHandler})))
	w.run = func(context.Context, agentmsg.Event) error { return errHush }
	requireAnswer(t, w.receive(delivery(refusedBody)), 500, "handler_failed")
	requireAnswer(t, w.receive(signedBy("/", "other", refusedBody)), 401, "invalid_signature")
	w.run = nil
	requireAnswer(t, w.receive(delivery(refusedBody)), 200, "")
	require.Equal(t, agentmsg.WebhookStats{Handled: 1, Failed: 1, Refused: 1}, w.Stats())
}

type panickingHandler struct{ slog.Handler }

func (panickingHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (panickingHandler) Handle(context.Context, slog.Record) error { panic("the log is full") }

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
		w.onDone = func(context.Context, int) error { return agentmsg.ErrLeaseLost }
		for _, id := range []string{"1", "2", "3"} { // LeaseLost 3
			deliver("good", id)
			synctest.Wait()
		}
		w.onDone = nil
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
