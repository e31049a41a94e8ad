package openapi_test

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/conformance"
	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// TestExchanges has the documents judge the whole conformance suite and what it
// cannot show, then asks whether anything of the documents was never seen, and
// whether a document that is wrong anywhere would have been noticed.
func TestExchanges(t *testing.T) { //nolint:tparallel // the parts come in order: the last ask about what the first have seen
	t.Parallel()
	all := load(t)
	s := &seen{t: t, covered: map[string]bool{}}
	t.Run("conformance", func(t *testing.T) { runConformance(t, all, s) })
	missing := all.uncovered(s)
	t.Logf("never in the conformance suite:\n  %s", strings.Join(missing, "\n  "))

	t.Run("calls", func(t *testing.T) {
		a := started(t, all, s).furnish()
		for _, c := range a.calls() {
			a.into(nil, c.status, c.method, c.path, c.body, c.headers...)
		}
	})
	t.Run("variants", func(t *testing.T) { everyVariant(t, all, s) })
	t.Run("refusals", func(t *testing.T) { refuseBodies(t, all, s) })
	t.Run("statuses", func(t *testing.T) { everyStatus(t, all, s) })
	t.Run("webhooks", func(t *testing.T) { everyWebhook(t, all, s) })
	require.Empty(t, all.uncovered(s), "documented, and seen nowhere")
	t.Run("edits", func(t *testing.T) { noticeEdits(t, s.exchanges) })
	t.Run("mutants", func(t *testing.T) { killMutants(t, s.exchanges) })
}

func runConformance(t *testing.T, all documents, s *seen) {
	a := started(t, all, s, mockserver.WithRateLimit(1000, 10_000))
	conformance.Run(t, conformance.Place{
		Channel:   agentmsg.APIChannel(mockserver.DefaultChannelIdentifier),
		ChannelID: mockserver.DefaultChannelID, BluBashChannelID: mockserver.DefaultBluBashChannelID,
		RateLimited: true, ConversationsBase: "http://mock.test/v1",
	}, func(_ *testing.T, opts ...agentmsg.Option) *agentmsg.Client {
		return a.server.Client(append([]agentmsg.Option{agentmsg.WithHTTPClient(&http.Client{Transport: a.validator})}, opts...)...)
	})
	ops := map[agentmsg.Op]bool{}
	for _, r := range a.server.Requests() {
		ops[r.Op] = true
	}
	for _, op := range wire.Ops() {
		require.True(t, ops[agentmsg.Op(op.Name())], "the suite never calls %s", op.Name())
	}
	require.Len(t, s.exchanges, len(a.server.Requests()), "some went past the validator")
}

// uncovered are the operations and statuses of the documents that no exchange
// had.
func (all documents) uncovered(s *seen) []string {
	missing := map[string]bool{}
	for _, d := range all {
		for _, o := range d.operations() {
			for status := range o.Responses.Map() {
				if key := o.OperationID + " " + status; !s.covered[key] {
					missing[key] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(missing))
}

// everyStatus gets each documented answer of each operation.
func everyStatus(t *testing.T, all documents, s *seen) {
	for _, d := range all {
		for _, o := range d.operations() {
			for status := range o.Responses.Map() {
				if o.webhook || status[0] == '2' {
					continue
				}
				a := started(t, all, s).furnish()
				i := slices.IndexFunc(a.calls(), func(c call) bool { return c.op.Name() == o.OperationID })
				a.provoke(a.calls()[i], status)
			}
		}
	}
	limits(t, all, s)
	a := started(t, all, s)
	a.server.SetCredentials(mockserver.Credentials{MAIAToken: "another"})
	a.into(nil, 401, "GET", "/kanbans", "")
}

// provoke turns a call into one that is answered with a status.
func (a *account) provoke(c call, status string) {
	a.t.Helper()
	storage := c.op.Route().Presigned()
	want := status
	switch {
	case status == "400" && storage:
		c.headers = append(c.headers, "Authorization", "Bearer x")
	case status == "400" && c.method == "GET":
		path, _, _ := strings.Cut(c.path, "?")
		c.path = path + "?unknown=1"
	case status == "400":
		c.body = `{}`
	case status == "401":
		c.headers = append(c.headers, "Authorization", "", wire.HeaderAPIKey, "")
	case status == "403" && storage:
		before, _, _ := strings.Cut(c.path, "X-Amz-Signature=") // the last of the query
		c.path = before + "X-Amz-Signature=" + strings.Repeat("0", 64)
	case status == "404":
		c = missing(c)
	case status == "413":
		c.body = strings.Repeat(" ", 10<<20) + c.body
	case status == "422":
		a.into(nil, 200, c.method, c.path, strings.Replace(c.body, "hi", "hello", 1), c.headers...)
	case status == "501":
		got, text := a.do(c.method, c.path, io.MultiReader(strings.NewReader(c.body)), c.headers...) // of no known length
		require.Equal(a.t, "501", fmt.Sprint(got), string(text))
		return
	default:
		var code int
		_, err := fmt.Sscan(status, &code)
		require.NoError(a.t, err)
		a.server.Inject(mockserver.Fault{Op: agentmsg.Op(c.op.Name()), Kind: mockserver.Refuse, Status: code, Times: 1})
	}
	got, text := a.do(c.method, c.path, strings.NewReader(c.body), c.headers...)
	require.Equal(a.t, want, fmt.Sprint(got), "%s: %s", c.op.Name(), text)
}

// missing names what does not exist.
func missing(c call) call {
	switch c.op {
	case wire.Send:
		c.body = `{"content":"hi","fromChannelIdentifier":"none"}`
	case wire.DownloadURL, wire.Put, wire.Download:
		c.path = strings.Replace(c.path, "attachments/acc", "attachments/none", 1)
	case wire.SendConversationMessage:
		c.body = `{"sender_id":"u","sender_type":"user","text":"hi","conversation_id":"none"}`
	default:
		c.path = strings.NewReplacer("/sessions/s/", "/sessions/none/", "channel-api", "none", "channel-blubash", "none").Replace(c.path)
	}
	return c
}

// limits are the two ways in which the vendor refuses too many calls.
func limits(t *testing.T, all documents, s *seen) {
	for _, status := range [...]int{0, 429, 403} {
		opts := []mockserver.Option{mockserver.WithRateLimit(1, 1)}
		if status != 0 {
			opts = append(opts, mockserver.WithRateLimitStatus(status))
		}
		a := started(t, all, s, opts...)
		a.into(nil, 200, "GET", "/kanbans", "")
		a.into(nil, cmp.Or(status, 429), "GET", "/kanbans", "")
	}
}
