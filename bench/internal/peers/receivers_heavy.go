//go:build !light

package peers

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"
)

func heavyReceivers() []Receiver { return []Receiver{stripeReceiver(), openAIReceiver()} }

// stripeReceiver is the handler of stripe-go's documentation.
func stripeReceiver() Receiver {
	return Receiver{
		Name: "stripe-go",
		Verify: func(body []byte, header http.Header) error {
			return webhook.ValidatePayload(body, header.Get("Stripe-Signature"), Secret)
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, 65536)
			payload, err := io.ReadAll(r.Body)
			if err != nil {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			event, err := webhook.ConstructEvent(payload, r.Header.Get("Stripe-Signature"), Secret)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			var intent stripe.PaymentIntent
			if json.Unmarshal(event.Data.Raw, &intent) != nil {
				w.WriteHeader(http.StatusBadRequest)
			}
		}),
		Body: func(nth int) []byte {
			return filled(`{"id":"evt_%s","object":"event","api_version":"`+stripe.APIVersion+`","type":"payment_intent.succeeded","created":1705314600,"data":{"object":{"id":"pi_1","object":"payment_intent","amount":100,"description":"%s"}}}`, strconv.Itoa(nth))
		},
		Sign: func(body []byte) http.Header {
			at := now()
			return http.Header{"Stripe-Signature": {"t=" + at + ",v1=" + hexMAC(at, ".", string(body))}}
		},
	}
}

// openAIReceiver is that of openai-go's README.
func openAIReceiver() Receiver {
	client := openai.NewClient(option.WithAPIKey(token), option.WithWebhookSecret("whsec_"+base64.StdEncoding.EncodeToString([]byte(Secret))))
	r := standard("openai-go", "webhook", func(body []byte, header http.Header) error {
		return client.Webhooks.VerifySignature(body, header)
	})
	r.Body = func(nth int) []byte {
		return filled(`{"id":"evt_%s","object":"event","created_at":1705314600,"type":"response.completed","data":{"id":"resp_%s"}}`, strconv.Itoa(nth))
	}
	r.Handler = refusing(func(body []byte, header http.Header) error {
		event, err := client.Webhooks.Unwrap(body, header)
		if err == nil && event.ID == "" {
			err = errNoID
		}
		return err
	})
	return r
}
