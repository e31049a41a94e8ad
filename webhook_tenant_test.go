package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// tenantsByPath knows a and b, each with a secret that is its ID twice.
func tenantsByPath(r *http.Request) (agentmsg.Tenant, error) {
	switch id := strings.TrimPrefix(r.URL.Path, "/"); id {
	case "a", "b":
		return agentmsg.Tenant{ID: id, Secrets: []string{id + id}}, nil
	default:
		return agentmsg.Tenant{}, fmt.Errorf("no tenant %q: %w", id, agentmsg.ErrNotFound)
	}
}

// nilError is what many return who mean nil.
type nilError struct{ cause error }

func (e *nilError) Error() string   { return e.cause.Error() }
func (e *nilError) Unwrap() error   { return e.cause }
func (e *nilError) Is(t error) bool { return errors.Is(e.cause, t) }

func TestTenantThatIsNone(t *testing.T) {
	t.Parallel()
	tenant := func(id string, secrets ...string) func() (agentmsg.Tenant, error) {
		return func() (agentmsg.Tenant, error) { return agentmsg.Tenant{ID: id, Secrets: secrets}, nil }
	}
	fails := func(err error) func() (agentmsg.Tenant, error) {
		return func() (agentmsg.Tenant, error) {
			return agentmsg.Tenant{ID: "a", Secrets: []string{webhookSecret}}, err
		}
	}
	for name, test := range map[string]struct {
		f      func() (agentmsg.Tenant, error)
		status int
		log    string
	}{
		"unknown":              {fails(agentmsg.ErrNotFound), 401, "knows no such tenant"},
		"unknown, wrapped":     {fails(fmt.Errorf("a: %w", agentmsg.ErrNotFound)), 401, "knows no such tenant"},
		"unknown, joined":      {fails(errors.Join(io.EOF, agentmsg.ErrNotFound)), 401, "knows no such tenant"},
		"an error":             {fails(errors.New("confidential")), 503, "*errors.errorString"},
		"an error of ours":     {fails(agentmsg.ErrInvalidSignature), 503, "agentmsg.Code"},
		"a nil pointer":        {fails((*nilError)(nil)), 503, "the tenant function panicked"},
		"a panic":              {func() (agentmsg.Tenant, error) { panic("confidential") }, 503, `"panic":"string"`},
		"an end of goroutine":  {func() (agentmsg.Tenant, error) { runtime.Goexit(); return agentmsg.Tenant{}, nil }, 503, "the tenant function failed"},
		"no ID":                {tenant("", webhookSecret), 503, "without an ID"},
		"no secret":            {tenant("a"), 503, "has no secret"},
		"an empty secret":      {tenant("a", ""), 503, "no usable secret: one is blank"},
		"blank secrets":        {tenant("a", "", " ", "\t\n", "\x00\x00"), 503, "no usable secret: one is blank"},
		"a byte order mark":    {tenant("a", "\uFEFF"+webhookSecret), 503, "begins with a byte order mark"},
		"a line break":         {tenant("a", webhookSecret+"\n"), 503, "has a line break"},
		"blanks around":        {tenant("a", " "+webhookSecret), 503, "has blanks around it"},
		"another secret":       {tenant("a", "other"), 401, "under any secret"},
		"blank beside another": {tenant("a", "", "other"), 401, "under any secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, agentmsg.WithWebhookTenants(func(*http.Request) (agentmsg.Tenant, error) { return test.f() }))
			code := map[int]string{401: "invalid_signature", 503: "tenant_unavailable"}[test.status]
			requireAnswer(t, w.receive(delivery(refusedBody)), test.status, code)
			require.Empty(t, w.reached())
			require.Empty(t, w.claimed())
			require.Equal(t, agentmsg.WebhookStats{Refused: 1}, w.Stats())
			require.Contains(t, w.logged(), test.log)
			require.NotContains(t, w.logged(), "confidential")
			require.NotContains(t, w.logged(), webhookSecret)
		})
	}
}

// A blank secret is anybody's: beside a good one it verifies nothing.
func TestTenantBlankSecretVerifiesNothing(t *testing.T) {
	t.Parallel()
	for _, blank := range []string{"", " ", "\n", "\t ", "\x00", webhookSecret + "\n"} {
		w := watch(t, agentmsg.WithWebhookTenants(func(*http.Request) (agentmsg.Tenant, error) {
			return agentmsg.Tenant{ID: "a", Secrets: []string{blank, webhookSecret}}, nil
		}))
		requireAnswer(t, w.receive(signedBy("/", blank, refusedBody)), 401, "invalid_signature")
		require.Empty(t, w.reached())
		requireAnswer(t, w.receive(delivery(refusedBody)), 200, "")
	}
}

func TestTenantFunctionThatNeverReturns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		ended := make(chan error, 1)
		w := watch(t, agentmsg.WithWebhookDeadline(3*time.Second), agentmsg.WithWebhookTenants(func(r *http.Request) (agentmsg.Tenant, error) {
			<-r.Context().Done()
			ended <- r.Context().Err()
			<-free
			panic("late")
		}))
		began := time.Now()
		requireAnswer(t, w.receive(delivery(refusedBody)), 503, "tenant_unavailable")
		require.Equal(t, 3*time.Second, time.Since(began))
		require.ErrorIs(t, <-ended, context.DeadlineExceeded)
		require.NoError(t, w.Shutdown(t.Context()))
		w.requireUnreached(t)
		close(free)
		synctest.Wait()
		require.Contains(t, w.logged(), "the tenant function panicked")
	})
}

// The function decides by the head of the request, before any of the body is
// read, or asked for.
func TestTenantFunctionSeesNoBody(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]string{}
	w := watch(t, agentmsg.WithWebhookTenants(func(r *http.Request) (agentmsg.Tenant, error) {
		body, err := io.ReadAll(r.Body)
		_ = r.ParseForm()
		deadline, _ := r.Context().Deadline()
		mu.Lock()
		defer mu.Unlock()
		seen[r.PathValue("tenant")] = fmt.Sprintf("%q %v %v %s %t", body, err, r.Form, r.Header.Get("X-Customer"), time.Until(deadline) > 7*time.Second)
		return tenantsByPath(&http.Request{URL: r.URL})
	}))
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/{tenant}", http.StripPrefix("/hooks", w))
	r := dialRaw(t, mux)
	r.say("POST /hooks/c HTTP/1.1\nHost: a\nX-Customer: c\nExpect: 100-continue\nContent-Length: 9\n\n")
	requireAnswer(t, r.answer(), 401, "invalid_signature")
	require.Equal(t, map[string]string{"c": `"" <nil> map[] c true`}, seen)

	answer := w.receive(signedBy("/a", "aa", refusedBody))
	requireAnswer(t, answer, 200, "")
	signed := posted("http://app.test/hooks/b", refusedBody, signedBy("/", "bb", refusedBody).Header)
	signed.Header.Set("X-Customer", "b")
	signed.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	requireAnswer(t, overNetwork(t, mux, signed), 200, "")
	require.Equal(t, `"" <nil> map[] b true`, seen["b"])
}

func TestTenantRotation(t *testing.T) {
	t.Parallel()
	secrets := map[string][]string{"/a": {"a-old", "a-new"}, "/b": {"b-only", ""}}
	w := watch(t, agentmsg.WithWebhookTenants(func(r *http.Request) (agentmsg.Tenant, error) {
		return agentmsg.Tenant{ID: r.URL.Path, Secrets: secrets[r.URL.Path]}, nil
	}))
	for path, own := range secrets {
		for _, secret := range []string{"a-old", "a-new", "b-only", "", webhookSecret} {
			want := 401
			for _, s := range own {
				if s != "" && s == secret {
					want = 200
				}
			}
			requireAnswer(t, w.receive(signedBy(path, secret, refusedBody)), want, "invalid_signature")
		}
	}
	require.Equal(t, agentmsg.WebhookStats{Handled: 2, Duplicates: 1, Refused: 7}, w.Stats())
}

// The later option wins, whole.
func TestTenantsAndSecretsReplaceEachOther(t *testing.T) {
	t.Parallel()
	tenants := agentmsg.WithWebhookTenants(tenantsByPath)
	fixed := agentmsg.WithWebhookSecrets("fixed")
	w := watch(t, fixed, tenants)
	requireAnswer(t, w.receive(signedBy("/a", "fixed", refusedBody)), 401, "invalid_signature")
	requireAnswer(t, w.receive(signedBy("/a", "aa", refusedBody)), 200, "")
	require.Len(t, w.claimed(), 1)

	var tenant string
	w = watch(t, tenants, fixed)
	w.run = func(ctx context.Context, _ agentmsg.Event) error { tenant = agentmsg.TenantID(ctx); return nil }
	requireAnswer(t, w.receive(signedBy("/a", "aa", refusedBody)), 401, "invalid_signature")
	requireAnswer(t, w.receive(signedBy("/nobody", "fixed", refusedBody)), 200, "")
	require.Equal(t, []string{"m"}, w.claimed())
	require.Empty(t, tenant)
}
