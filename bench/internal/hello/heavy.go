//go:build !light

package hello

func heavy() []string {
	return []string{"twilio-go", "stripe-go", "openai-go", "anthropic-sdk-go"}
}
