//go:build unix

package agentmsg_test

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/ratio"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
)

// eventBody is a message event of 600 bytes.
func eventBody(id string) []byte {
	const frame = `{"channelId":"channel-1","channelIdentifier":"+5521999887766","agentId":"agent-1","sessionId":"550e8400-e29b-41d4-a716-446655440000",` +
		`"messageId":"%s","response":"%s","timestamp":"2024-01-15T10:30:00.000Z","direction":"outgoing"}`
	return fmt.Appendf(nil, frame, id, strings.Repeat("x", 600-len(frame)+4-len(id)))
}

// pooledHMAC is the floor: crypto/hmac whose state is made once.
type pooledHMAC struct{ pool sync.Pool }

func newPooledHMAC(secret string) *pooledHMAC {
	return &pooledHMAC{sync.Pool{New: func() any { return hmac.New(sha256.New, []byte(secret)) }}}
}

func (p *pooledHMAC) verify(body []byte, signature string) bool {
	var given, want [sha256.Size]byte
	if len(signature) != 2*len(given) {
		return false
	}
	if _, err := hex.Decode(given[:], []byte(signature)); err != nil {
		return false
	}
	mac := p.pool.Get().(hash.Hash)
	defer p.pool.Put(mac)
	mac.Reset()
	mac.Write(body)
	return hmac.Equal(mac.Sum(want[:0]), given[:])
}

// verifyByHand is what everybody types.
func verifyByHand(body []byte, signature, secret string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	given, err := hex.DecodeString(signature)
	return err == nil && hmac.Equal(mac.Sum(nil), given)
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
	body := eventBody("m-1")
	signature, floor := mockserver.Sign(webhookSecret, body), newPooledHMAC(webhookSecret)
	b.Run("handler", func(b *testing.B) {
		verify := agentmsg.FixedSecrets(webhookSecret)
		ratio.Beside(b, n,
			repeat(b, n, func() bool { return verify(body, signature) }),
			repeat(b, n, func() bool { return floor.verify(body, signature) }))
	})
	b.Run("VerifySignature", func(b *testing.B) {
		ratio.Beside(b, n,
			repeat(b, n, func() bool { return agentmsg.VerifySignature(body, signature, webhookSecret) == nil }),
			repeat(b, n, func() bool { return verifyByHand(body, signature, webhookSecret) }))
	})
}

// BenchmarkParse is verify and parse of a message, beside verify and one
// json.Unmarshal into the same struct.
func BenchmarkParse(b *testing.B) {
	const n = 10_000
	body := eventBody("m-1")
	signature, floor := mockserver.Sign(webhookSecret, body), newPooledHMAC(webhookSecret)
	verify := agentmsg.FixedSecrets(webhookSecret)
	ratio.Beside(b, n,
		repeat(b, n, func() bool {
			event, err := agentmsg.ParseEvent(body)
			return verify(body, signature) && err == nil && event.Session() != ""
		}),
		repeat(b, n, func() bool {
			var event agentmsg.MessageEvent
			return floor.verify(body, signature) && json.Unmarshal(body, &event) == nil && event.SessionID != ""
		}))
}

// byHand is a receiver that a careful engineer types: a bounded read, a pooled
// verify, one decode; no dedupe, no deadline.
func byHand(handle func(context.Context, *agentmsg.MessageEvent) error) http.Handler {
	floor := newPooledHMAC(webhookSecret)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if !floor.verify(body, r.Header.Get(agentmsg.SignatureHeader)) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		event := new(agentmsg.MessageEvent)
		if json.Unmarshal(body, event) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if handle(r.Context(), event) != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
}

// BenchmarkWebhookHandler is deliveries at 64 kept connections, each of another
// event: the handler, which also dedupes, renews its claim and keeps a
// deadline, beside one typed by hand; served over sockets, and called in memory.
func BenchmarkWebhookHandler(b *testing.B) {
	const connections, each = 64, 50
	ours, err := agentmsg.NewWebhookHandler(func(_ context.Context, e agentmsg.Event) error {
		if e.Session() == "" {
			return errors.New("no session")
		}
		return nil
	}, agentmsg.WithWebhookSecrets(webhookSecret))
	require.NoError(b, err)
	bare := byHand(func(_ context.Context, e *agentmsg.MessageEvent) error {
		if e.SessionID == "" {
			return errors.New("no session")
		}
		return nil
	})
	deliveries := newDeliveries(connections, each)
	b.Run("memory", func(b *testing.B) {
		serve := func(h http.Handler) func() {
			return func() {
				for i := range connections * each {
					deliveries.serve(b, h, i)
				}
			}
		}
		ratio.BesidePrepared(b, connections*each, deliveries.renew, serve(ours), serve(bare))
	})
	b.Run("sockets", func(b *testing.B) {
		x, y := ratio.NewHammer(b, ours, connections, http.StatusOK), ratio.NewHammer(b, bare, connections, http.StatusOK)
		ratio.BesidePrepared(b, connections*each, deliveries.renew,
			func() { x.Hit(b, each, deliveries.request) },
			func() { y.Hit(b, each, deliveries.request) })
	})
	require.Zero(b, ours.Stats().Duplicates)
}

// deliveries are signed requests as bytes; renew makes them new events, which
// both sides pay for.
type deliveries struct {
	round    int
	each     int
	requests []string
}

func newDeliveries(connections, each int) *deliveries {
	return &deliveries{each: each, requests: make([]string, connections*each)}
}

func (d *deliveries) renew() {
	d.round++
	for i := range d.requests {
		body := eventBody(fmt.Sprintf("m-%d-%d", d.round, i))
		d.requests[i] = fmt.Sprintf("POST /webhook HTTP/1.1\r\nHost: app.test\r\nUser-Agent: bench\r\nContent-Type: application/json\r\n"+
			"%s: %s\r\nX-Maia-Timestamp: 1705314600000\r\nContent-Length: %d\r\n\r\n%s", agentmsg.SignatureHeader, mockserver.Sign(webhookSecret, body), len(body), body)
	}
}

func (d *deliveries) request(connection, i int) string { return d.requests[connection*d.each+i] }

// serve is a delivery with nothing around it.
func (d *deliveries) serve(b *testing.B, h http.Handler, i int) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(d.requests[i])))
	if err != nil {
		b.Fatal(err)
	}
	w := &bareWriter{header: http.Header{}}
	h.ServeHTTP(w, r)
	if w.status > http.StatusOK {
		b.Fatal(w.status)
	}
}

type bareWriter struct {
	header http.Header
	status int
}

func (w *bareWriter) Header() http.Header         { return w.header }
func (w *bareWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *bareWriter) WriteHeader(status int)      { w.status = status }
