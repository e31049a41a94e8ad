//go:build unix

package bench_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/ratio"
	"github.com/google/go-github/v93/github"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"
)

const secret = "test-webhook-secret"

// bare is a handler that reads its body and no more: what each is measured by.
var bare = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
})

// receiver is a way to take webhooks, and a delivery that it takes.
type receiver struct {
	name    string
	handler http.Handler
	request func(nth int) string
}

func sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

func post(body []byte, header string) string {
	return fmt.Sprintf("POST /webhook HTTP/1.1\r\nHost: app.test\r\nUser-Agent: bench\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", header, len(body), body)
}

// filled is a body of 600 bytes: format has the place of an id, and of text.
func filled(format, id string) []byte {
	return fmt.Appendf(nil, format, id, strings.Repeat("x", 604-len(format)-len(id)))
}

func ours(b *testing.B) receiver {
	b.Helper()
	h, err := agentmsg.NewWebhookHandler(func(context.Context, agentmsg.Event) error { return nil }, agentmsg.WithWebhookSecrets(secret))
	require.NoError(b, err)
	return receiver{"agentmsg", h, func(nth int) string {
		body := filled(`{"channelId":"channel-1","sessionId":"550e8400-e29b-41d4-a716-446655440000","messageId":"%s","response":"%s","timestamp":"2024-01-15T10:30:00.000Z","direction":"outgoing"}`, strconv.Itoa(nth))
		return post(body, agentmsg.SignatureHeader+": "+sign(body)+"\r\n")
	}}
}

// goGitHub is the handler of go-github's README.
func goGitHub(*testing.B) receiver {
	return receiver{"go-github", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		payload, err := github.ValidatePayload(r, []byte(secret))
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		event, err := github.ParseWebHook(github.WebHookType(r), payload)
		if _, ok := event.(*github.IssueCommentEvent); err != nil || !ok {
			w.WriteHeader(http.StatusBadRequest)
		}
	}), func(nth int) string {
		body := filled(`{"action":"created","issue":{"number":7,"title":"A title","state":"open"},"comment":{"id":%s,"body":"%s","created_at":"2024-01-15T10:30:00Z"},"sender":{"login":"octocat"}}`, strconv.Itoa(nth+1))
		return post(body, "X-GitHub-Event: issue_comment\r\nX-Hub-Signature-256: sha256="+sign(body)+"\r\n")
	}}
}

// stripeGo is the handler of stripe-go's documentation.
func stripeGo(*testing.B) receiver {
	return receiver{"stripe-go", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 65536)
		payload, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		event, err := webhook.ConstructEvent(payload, r.Header.Get("Stripe-Signature"), secret)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var intent stripe.PaymentIntent
		if json.Unmarshal(event.Data.Raw, &intent) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}), func(nth int) string {
		body := filled(`{"id":"evt_%s","object":"event","api_version":"`+stripe.APIVersion+`","type":"payment_intent.succeeded","created":1705314600,"data":{"object":{"id":"pi_1","object":"payment_intent","amount":100,"description":"%s"}}}`, strconv.Itoa(nth))
		at := strconv.FormatInt(time.Now().Unix(), 10)
		return post(body, "Stripe-Signature: t="+at+",v1="+sign(append([]byte(at+"."), body...))+"\r\n")
	}}
}

// BenchmarkWebhookHandlers is deliveries of 600 bytes at 64 kept connections:
// each way to take them beside a handler that only reads the body. Ours also
// dedupes, renews its claim, and keeps a deadline and a bound.
func BenchmarkWebhookHandlers(b *testing.B) {
	const connections, each = 64, 50
	for _, x := range []receiver{ours(b), goGitHub(b), stripeGo(b)} {
		b.Run(x.name, func(b *testing.B) {
			requests, round := make([]string, connections*each), 0
			prepare := func() {
				for i := range requests {
					requests[i] = x.request(round*len(requests) + i)
				}
				round++
			}
			request := func(connection, i int) string { return requests[connection*each+i] }
			theirs, floor := ratio.NewHammer(b, x.handler, connections, http.StatusOK), ratio.NewHammer(b, bare, connections, http.StatusOK)
			ratio.BesidePrepared(b, connections*each, prepare, func() { theirs.Hit(b, each, request) }, func() { floor.Hit(b, each, request) })
		})
	}
}
