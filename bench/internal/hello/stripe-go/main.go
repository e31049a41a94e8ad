//go:build !light

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/stripe/stripe-go/v85"
)

func main() {
	got, err := stripe.NewClient(os.Getenv("TOKEN")).V1PaymentIntents.Create(context.Background(), &stripe.PaymentIntentCreateParams{
		Amount: stripe.Int64(2000), Currency: stripe.String(stripe.CurrencyUSD), Description: stripe.String("Hello, I need help!"),
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(got.ID)
}
