package agentmsg_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// byTenant gathers the session and id of what ran, by TenantID.
type byTenant struct {
	mu  sync.Mutex
	ran map[string][]string
}

func (b *byTenant) add(ctx context.Context, e agentmsg.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ran == nil {
		b.ran = map[string][]string{}
	}
	id := agentmsg.TenantID(ctx)
	b.ran[id] = append(b.ran[id], string(e.Session())+":"+e.DedupeKey())
}

func (b *byTenant) so() map[string][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	so := map[string][]string{}
	for tenant, ran := range b.ran {
		so[tenant] = slices.Clone(ran)
	}
	return so
}

// One tenant's event suppresses no other's, be it by the message's id or by a
// body without one.
func TestTenantSuppressesNoOther(t *testing.T) {
	t.Parallel()
	for _, body := range []string{refusedBody, `{"eventType":"ai_pause","sessionId":"s"}`} {
		var got byTenant
		w := watch(t, agentmsg.WithWebhookTenants(tenantsByPath))
		w.run = func(ctx context.Context, e agentmsg.Event) error { got.add(ctx, e); return nil }
		for range 2 {
			requireAnswer(t, w.receive(signedBy("/a", "aa", body)), 200, "")
			requireAnswer(t, w.receive(signedBy("/b", "bb", body)), 200, "")
			requireAnswer(t, w.receive(signedBy("/a", "bb", body)), 401, "invalid_signature")
			requireAnswer(t, w.receive(signedBy("/b", "aa", body)), 401, "invalid_signature")
		}
		want := "s:" + parsed(t, body).DedupeKey()
		require.Equal(t, map[string][]string{"a": {want}, "b": {want}}, got.so())
		require.Equal(t, agentmsg.WebhookStats{Handled: 2, Duplicates: 2, Refused: 4}, w.Stats())
	}
}

// While one tenant's run hangs or fails, another's of the same ids goes on.
func TestTenantDelaysNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got byTenant
		w := watch(t, agentmsg.WithWebhookTenants(tenantsByPath))
		w.run = func(ctx context.Context, e agentmsg.Event) error {
			if agentmsg.TenantID(ctx) == "a" {
				<-ctx.Done()
				return ctx.Err()
			}
			got.add(ctx, e)
			return nil
		}
		answers := make(chan heard)
		go func() { answers <- w.receive(signedBy("/a", "aa", refusedBody)) }()
		synctest.Wait()
		began := time.Now()
		requireAnswer(t, w.receive(signedBy("/b", "bb", refusedBody)), 200, "")
		require.Equal(t, began, time.Now())
		requireAnswer(t, <-answers, 503, "not_handled_in_time")
		require.NoError(t, w.Shutdown(t.Context()))
		require.Equal(t, map[string][]string{"b": {"s:m"}}, got.so())
		require.Equal(t, agentmsg.WebhookStats{Handled: 1, Failed: 1}, w.Stats())
	})
}

// In a queue the same session of two tenants is two sessions: one's back-off
// holds up its own events alone, and each keeps its order.
func TestTenantReordersNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got byTenant
		fails := 2
		w := watch(t, agentmsg.WithWebhookTenants(tenantsByPath), agentmsg.WithWebhookQueue(2, 9))
		w.run = func(ctx context.Context, e agentmsg.Event) error {
			if agentmsg.TenantID(ctx) == "a" && fails > 0 {
				fails--
				return errors.New("not yet")
			}
			got.add(ctx, e)
			return nil
		}
		for _, id := range []string{"1", "2", "3"} {
			body := string(messageBody("s", id, "x"))
			requireAnswer(t, w.receive(signedBy("/a", "aa", body)), 200, "")
			requireAnswer(t, w.receive(signedBy("/b", "bb", body)), 200, "")
			synctest.Wait()
		}
		order := []string{"s:1", "s:2", "s:3"}
		require.Equal(t, map[string][]string{"b": order}, got.so())
		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.Equal(t, map[string][]string{"a": order, "b": order}, got.so())
		require.NoError(t, w.Shutdown(t.Context()))
	})
}

// What a tap writes into an event moves it into no other session's lane.
func TestTapMovesNoEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got byTenant
		release := make(chan struct{})
		w := watch(t, agentmsg.WithWebhookQueue(2, 9), agentmsg.WithWebhookTap(func(_ context.Context, e agentmsg.Event) (bool, error) {
			e.(*agentmsg.MessageEvent).SessionID = "same"
			return false, nil
		}))
		w.run = func(ctx context.Context, e agentmsg.Event) error {
			if e.DedupeKey() == "1" {
				<-release
			}
			got.add(ctx, e)
			return nil
		}
		requireAnswer(t, w.receive(delivery(string(messageBody("a", "1", "x")))), 200, "")
		requireAnswer(t, w.receive(delivery(string(messageBody("b", "2", "x")))), 200, "")
		synctest.Wait()
		require.Equal(t, map[string][]string{"": {"same:2"}}, got.so())
		close(release)
		require.NoError(t, w.Shutdown(t.Context()))
	})
}

// keyOf is what the deduper is asked for a message of a tenant.
func keyOf(tb testing.TB, tenant, message string) string {
	tb.Helper()
	w := watch(tb, agentmsg.WithWebhookTenants(func(*http.Request) (agentmsg.Tenant, error) {
		return agentmsg.Tenant{ID: tenant, Secrets: []string{webhookSecret}}, nil
	}))
	body, err := json.Marshal(map[string]string{"messageId": message, "sessionId": "s"})
	require.NoError(tb, err)
	require.Equal(tb, http.StatusOK, w.receive(delivery(string(body))).status)
	require.Len(tb, w.claimed(), 1)
	return w.claimed()[0]
}

var hardIDs = []string{
	"a", "b", "a/b", "b/a", "/", "//", "a/", "/a", "%", "%2F", "%2f", "a%2Fb", "a%2fb", "%25", "%252F", "a b", "a+b", "a%20b",
	"\x00", "a\x00", "\x00a", "a\nb", "é", "e\u0301", ".", "..", "sha256:", "sha256:a", "a:b", "A", " a", "a ", "\u2215", "💬", "?", "#", "\\",
}

// No two pairs of tenant and message meet under one key.
func TestTenantKeysNeverMeet(t *testing.T) {
	t.Parallel()
	pairs := map[string][2]string{}
	for _, tenant := range append(hardIDs, "\xff", "\xfe", "a\xff") { // of the ID any bytes; JSON gives a message's no such
		for _, message := range append(hardIDs, "") {
			key := keyOf(t, tenant, message)
			require.NotContains(t, pairs, key, "%q and %q", pairs[key], [2]string{tenant, message})
			pairs[key] = [2]string{tenant, message}
		}
	}
}

func FuzzTenantKeys(f *testing.F) {
	for i, id := range hardIDs {
		f.Add(id, "m", hardIDs[(i+1)%len(hardIDs)], "m")
		f.Add("t", id, "t", id)
		f.Add("t", id+"/m", "t/"+id, "m")
	}
	f.Fuzz(func(t *testing.T, tenant, message, other, another string) {
		if tenant == "" || other == "" {
			t.Skip("a tenant has an ID")
		}
		// JSON cannot say every text: compare what it does say.
		said := func(s string) string {
			b, _ := json.Marshal(s)
			_ = json.Unmarshal(b, &s)
			return s
		}
		same := tenant == other && said(message) == said(another)
		require.Equal(t, same, keyOf(t, tenant, message) == keyOf(t, other, another))
	})
}
