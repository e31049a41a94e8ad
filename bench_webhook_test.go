//go:build unix

package agentmsg_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/agentmsg/agentmsg/internal/ratio"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// benchBody is a message event of 600 bytes.
func benchBody(id string) []byte { return bare.Event(id, bare.Session) }

// benchFile is one that has a file beside its text.
func benchFile(id string) []byte {
	const file = `,"attachments":[{"id":"a-1","url":"https://files.test/a-1?signature=0123456789","type":"document","size":102400,"mimeType":"application/pdf"}]}`
	text := benchBody("file-" + id)
	return append(text[:len(text)-1], file...)
}

func repeat(b *testing.B, n int, ok func() bool) func() {
	b.Helper()
	return func() {
		for range n {
			if !ok() {
				b.Fatal("refused")
			}
		}
	}
}

// BenchmarkVerify is 600 bytes under one secret: the handler's way, with
// secrets that stay, beside crypto/hmac from a pool; and VerifySignature beside
// the same typed by hand.
func BenchmarkVerify(b *testing.B) {
	const n = 20_000
	body := benchBody("m-1")
	signature, floor := mockserver.Sign(webhookSecret, body), bare.NewVerifier(webhookSecret)
	b.Run("handler", func(b *testing.B) {
		verify := agentmsg.FixedSecrets(webhookSecret)
		ratio.Beside(b, n,
			repeat(b, n, func() bool { return verify(body, signature) }),
			repeat(b, n, func() bool { return floor.Verify(body, signature) }))
	})
	b.Run("VerifySignature", func(b *testing.B) {
		ratio.Beside(b, n,
			repeat(b, n, func() bool { return agentmsg.VerifySignature(body, signature, webhookSecret) == nil }),
			repeat(b, n, func() bool { return bare.VerifyAnew(body, signature, webhookSecret) }))
	})
}

// BenchmarkParse is verify and parse of a message, beside verify and one
// json.Unmarshal into the same struct.
func BenchmarkParse(b *testing.B) {
	const n = 10_000
	body := benchBody("m-1")
	signature, floor := mockserver.Sign(webhookSecret, body), bare.NewVerifier(webhookSecret)
	verify := agentmsg.FixedSecrets(webhookSecret)
	ratio.Beside(b, n,
		repeat(b, n, func() bool {
			event, err := agentmsg.ParseEvent(body)
			return verify(body, signature) && err == nil && event.Session() != ""
		}),
		repeat(b, n, func() bool {
			var event agentmsg.MessageEvent
			return floor.Verify(body, signature) && json.Unmarshal(body, &event) == nil && event.SessionID != ""
		}))
}

// BenchmarkWebhookHandler is deliveries at 64 kept connections, each of another
// event: the handler, which also dedupes, renews its claim and keeps a
// deadline, and the same with less of that, beside one typed by hand; served over
// sockets, and called in memory. A message with a file is encoding/json's in both.
func BenchmarkWebhookHandler(b *testing.B) {
	const connections, each = 64, 50
	handle := func(_ context.Context, e agentmsg.Event) error {
		if e.Session() == "" {
			return errors.New("no session")
		}
		return nil
	}
	ours, err := agentmsg.NewWebhookHandler(handle, agentmsg.WithWebhookSecrets(webhookSecret))
	require.NoError(b, err)
	undeduped, err := agentmsg.NewWebhookHandler(handle, agentmsg.WithWebhookSecrets(webhookSecret), agentmsg.WithDeduper(grantsAll{}))
	require.NoError(b, err)
	reader := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := agentmsg.ReadWebhook(r, webhookSecret)
		if err != nil || handle(r.Context(), event) != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	byHand := bare.Receiver(webhookSecret, func(_ context.Context, e *agentmsg.MessageEvent) error {
		if e.SessionID == "" {
			return errors.New("no session")
		}
		return nil
	})
	deliveriesOf := func(body func(id string) []byte) *bare.Deliveries {
		return bare.NewDeliveries(connections, each, func(nth int) string {
			body := body(strconv.Itoa(nth))
			return bare.Request(bare.Signed(mockserver.Sign(webhookSecret, body)), body)
		})
	}
	deliveries := deliveriesOf(benchBody)
	b.Run("memory", func(b *testing.B) {
		serve := func(h http.Handler) func() {
			return func() {
				if err := deliveries.ServeAll(h); err != nil {
					b.Fatal(err)
				}
			}
		}
		ratio.BesidePrepared(b, connections*each, deliveries.Renew, serve(ours), serve(byHand))
	})
	overSockets := func(name string, h http.Handler, deliveries *bare.Deliveries) {
		b.Run("sockets"+name, func(b *testing.B) {
			x, y := ratio.NewHammer(b, h, connections, http.StatusOK), ratio.NewHammer(b, byHand, connections, http.StatusOK)
			ratio.BesidePrepared(b, connections*each, deliveries.Renew,
				func() { x.Hit(b, each, deliveries.Request) },
				func() { y.Hit(b, each, deliveries.Request) })
		})
	}
	overSockets("", ours, deliveries)
	overSockets(", each claim granted", undeduped, deliveries)
	overSockets(", ReadWebhook alone", reader, deliveries)
	overSockets(", by hand", byHand, deliveries)
	overSockets(", with a file", ours, deliveriesOf(benchFile))
	require.Zero(b, ours.Stats().Duplicates)
}

// grantsAll is a deduper that costs nothing and finds no duplicate.
type grantsAll struct{}

func (grantsAll) Claim(context.Context, string, time.Duration) (agentmsg.Claim, error) {
	return agentmsg.Claim{State: agentmsg.ClaimGranted}, nil
}
func (grantsAll) Renew(context.Context, agentmsg.Claim, time.Duration) error { return nil }
func (grantsAll) Done(context.Context, agentmsg.Claim, time.Duration) error  { return nil }
