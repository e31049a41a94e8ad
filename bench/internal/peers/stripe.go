//go:build !light

package peers

import (
	"context"
	"net/http"

	"github.com/stripe/stripe-go/v85"
)

var stripePeer = Peer{
	Name: "stripe-go", Module: "github.com/stripe/stripe-go/v85", Retries: true,
	Path: "/v1/payment_intents", Status: http.StatusOK,
	Answer: `{"id":"pi_3MtwBwLkdIwHu7ix28a3tqPa","object":"payment_intent","amount":2000,"created":1705314600,"currency":"usd","customer":"cus_123","description":"Hello, I need help!","livemode":false,"metadata":{},"status":"requires_payment_method"}`,
	New: func(base string, h *http.Client) (Call, error) {
		backends := stripe.NewBackendsWithConfig(&stripe.BackendConfig{
			HTTPClient: h, URL: &base, EnableTelemetry: stripe.Bool(false), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
		})
		client := stripe.NewClient("sk_"+token, stripe.WithBackends(backends))
		return func(ctx context.Context) error {
			got, err := client.V1PaymentIntents.Create(ctx, &stripe.PaymentIntentCreateParams{
				Amount: stripe.Int64(2000), Currency: stripe.String(stripe.CurrencyUSD), Customer: stripe.String("cus_123"),
				Description: stripe.String(text(140)),
			})
			if err == nil && got.ID == "" {
				err = errNoID
			}
			return err
		}, nil
	},
}
