package agentmsg_test

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// requireOption makes a handler that must not be made, and holds the whole
// text of the error: the option, the fact, the way out.
func requireOption(tb testing.TB, option, reason string, opts ...agentmsg.WebhookOption) {
	tb.Helper()
	h, err := agentmsg.NewWebhookHandler(accepts, opts...)
	require.Nil(tb, h)
	require.EqualError(tb, err, "agentmsg: NewWebhookHandler: "+option+" "+reason)
	var wrong *agentmsg.ParamError
	require.ErrorAs(tb, err, &wrong)
	require.Equal(tb, agentmsg.ParamError{Op: "NewWebhookHandler", Param: option, Reason: reason, Code: agentmsg.ErrInvalidParam}, *wrong)
	require.Equal(tb, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(err))
}

func TestOptionsThatAreNil(t *testing.T) {
	t.Parallel()
	good := agentmsg.WithWebhookSecrets(webhookSecret)
	_, err := agentmsg.NewWebhookHandler(nil, good)
	require.EqualError(t, err, "agentmsg: NewWebhookHandler: handle is nil: give the function that gets the events")
	require.ErrorIs(t, err, agentmsg.ErrInvalidParam)
	requireOption(t, "opts", "has a nil option: leave it out", good, nil)
	requireOption(t, "WithWebhookTenants", "has a nil function: give one that says whose delivery a request is", good, agentmsg.WithWebhookTenants(nil))
	requireOption(t, "WithWebhookTap", "has a nil function: give an agent's Take, or leave the option out", good, agentmsg.WithWebhookTap(nil))
	requireOption(t, "WithDeduper", "has a nil deduper: leave the option out for one in memory", good, agentmsg.WithDeduper(nil))
	requireOption(t, "WithWebhookLogger", "has a nil logger: leave the option out for slog's, or give slog.New(slog.DiscardHandler)", good, agentmsg.WithWebhookLogger(nil))
}

func TestOptionsWithoutASecret(t *testing.T) {
	t.Parallel()
	const none = "has neither WithWebhookSecrets nor WithWebhookTenants: without a secret nothing can be verified, so give one of them"
	const noSecret = "has no secret: give the one that MAIA signs with"
	requireOption(t, "opts", none)
	requireOption(t, "opts", none, agentmsg.WithWebhookQueue(1, 1), agentmsg.WithDeduper(new(agentmsg.MemoryDeduper)))
	requireOption(t, "WithWebhookSecrets", noSecret, agentmsg.WithWebhookSecrets())
	requireOption(t, "WithWebhookSecrets", noSecret, agentmsg.WithWebhookSecrets([]string{}...))
	// An option that fails does so, whatever comes after it.
	requireOption(t, "WithWebhookSecrets", noSecret, agentmsg.WithWebhookSecrets(), agentmsg.WithWebhookSecrets(webhookSecret))
}

func TestOptionsWithABadSecret(t *testing.T) {
	t.Parallel()
	const (
		blank  = "is blank: leave it out, or set the variable that it comes from"
		mark   = "begins with a byte order mark: save its file without one"
		broken = "has a line break: cut it off where the secret is read"
		around = "has blanks around it: give it exactly as the dashboard shows it"
	)
	for secret, reason := range map[string]string{
		"": blank, " ": blank, "\t\r\n ": blank, "\n": blank, "\x00": blank, "\x00\x00\x00": blank, "\u00a0": blank,
		"\uFEFF": mark, "\uFEFFconfidential": mark, "\uFEFFconfidential\n": mark,
		"confidential\n": broken, "confidential\r\n": broken, "\nconfidential": broken, "confi\ndential": broken, "confi\rdential": broken,
		" confidential": around, "confidential ": around, "\tconfidential": around, "confidential\u00a0": around,
	} {
		requireOption(t, "WithWebhookSecrets", "has a secret (1 of 1) that "+reason, agentmsg.WithWebhookSecrets(secret))
		requireOption(t, "WithWebhookSecrets", "has a secret (2 of 3) that "+reason, agentmsg.WithWebhookSecrets(webhookSecret, secret, "confidential"))
	}
	for _, secret := range []string{"x", "two words", "ünïcode", "a\x00b", "a\uFEFFb", "\x00a", "\xff", "a\tb"} {
		w := watch(t, agentmsg.WithWebhookSecrets(secret))
		requireAnswer(t, w.receive(signedBy("/", secret, refusedBody)), 200, "")
		requireAnswer(t, w.receive(delivery(refusedBody)), 401, "invalid_signature")
	}
}

// The caller's slice may change afterwards: the handler has its own.
func TestOptionsKeepNoSlice(t *testing.T) {
	t.Parallel()
	secrets := []string{"old", "new"}
	w := watch(t, agentmsg.WithWebhookSecrets(secrets...))
	secrets[0], secrets[1] = "x", "x"
	for _, secret := range []string{"old", "new"} {
		requireAnswer(t, w.receive(signedBy("/", secret, refusedBody)), 200, "")
	}
	requireAnswer(t, w.receive(signedBy("/", "x", refusedBody)), 401, "invalid_signature")
}

func TestOptionsOfTheQueue(t *testing.T) {
	t.Parallel()
	good := agentmsg.WithWebhookSecrets(webhookSecret)
	for _, test := range []struct {
		workers, depth int
		reason         string
	}{
		{0, 1, "has 0 workers: give 1 or more"},
		{-1, 1, "has -1 workers: give 1 or more"},
		{0, 0, "has 0 workers: give 1 or more"},
		{1, 0, "has a depth of 0: give 1 or more"},
		{8, -9, "has a depth of -9: give 1 or more"},
	} {
		requireOption(t, "WithWebhookQueue", test.reason, good, agentmsg.WithWebhookQueue(test.workers, test.depth))
	}
	_, err := agentmsg.NewWebhookHandler(accepts, good, agentmsg.WithWebhookQueue(1, 1))
	require.NoError(t, err)
}

func TestOptionsOfTheDeadline(t *testing.T) {
	t.Parallel()
	good := agentmsg.WithWebhookSecrets(webhookSecret)
	queue := agentmsg.WithWebhookQueue(1, 1)
	for d, said := range map[time.Duration]string{0: "0s", -1: "-1ns", -time.Hour: "-1h0m0s"} {
		requireOption(t, "WithWebhookDeadline", "has "+said+": give a positive time", good, agentmsg.WithWebhookDeadline(d))
		requireOption(t, "WithWebhookDeadline", "has "+said+": give a positive time", good, queue, agentmsg.WithWebhookDeadline(d))
	}
	for d, said := range map[time.Duration]string{
		1: "1ns", 999 * time.Millisecond: "999ms", time.Second - 1: "999.999999ms",
		9*time.Second + 1: "9.000000001s", 9001 * time.Millisecond: "9.001s", time.Hour: "1h0m0s",
	} {
		deadline := agentmsg.WithWebhookDeadline(d)
		requireOption(t, "WithWebhookDeadline",
			"has "+said+": give 1s to 9s, for MAIA waits 10s; a function that takes longer belongs in a queue (WithWebhookQueue)", good, deadline)
		for _, opts := range [][]agentmsg.WebhookOption{{good, queue, deadline}, {deadline, queue, good}} {
			_, err := agentmsg.NewWebhookHandler(accepts, opts...)
			require.NoError(t, err)
		}
	}
	for _, d := range []time.Duration{time.Second, 9 * time.Second} {
		_, err := agentmsg.NewWebhookHandler(accepts, good, agentmsg.WithWebhookDeadline(d))
		require.NoError(t, err)
	}
}

// Which deadline it is does not hang on the order of the options, and the
// later of two wins.
func TestOptionsDeadlineHolds(t *testing.T) {
	t.Parallel()
	first, last := agentmsg.WithWebhookDeadline(2*time.Second), agentmsg.WithWebhookDeadline(20*time.Second)
	queue := agentmsg.WithWebhookQueue(1, 1)
	for _, opts := range [][]agentmsg.WebhookOption{{first, last, queue}, {queue, first, last}, {first, queue, last}} {
		synctest.Test(t, func(t *testing.T) {
			w := watch(t, opts...)
			var bound time.Duration
			w.run = func(ctx context.Context, _ agentmsg.Event) error {
				deadline, _ := ctx.Deadline()
				bound = time.Until(deadline)
				return nil
			}
			requireAnswer(t, w.receive(delivery(refusedBody)), 200, "")
			require.NoError(t, w.Shutdown(t.Context()))
			require.Equal(t, 20*time.Second, bound)
		})
	}
}

// Without an option the default logger's is used, as it is at the time.
func TestOptionsDefaultLogger(t *testing.T) {
	var lines bytes.Buffer
	h, err := agentmsg.NewWebhookHandler(accepts, agentmsg.WithWebhookSecrets(webhookSecret))
	require.NoError(t, err)
	usual, output, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(slog.New(slog.NewTextHandler(&lines, nil))) // of package log, too
	defer func() {
		slog.SetDefault(usual)
		log.SetOutput(output)
		log.SetFlags(flags)
	}()
	r := delivery(refusedBody)
	r.Method = http.MethodPut
	requireAnswer(t, (&watched{WebhookHandler: h}).receive(r), 405, "method_not_allowed")
	require.Contains(t, lines.String(), `msg="agentmsg: webhook: refused" status=405 code=method_not_allowed reason="a delivery is a POST"`)
}
