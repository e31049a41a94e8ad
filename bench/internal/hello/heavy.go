//go:build !light

package hello

// Heavy are those whose build takes minutes and gigabytes.
func Heavy() []string {
	return []string{"twilio-go", "stripe-go", "openai-go", "anthropic-sdk-go"}
}
