//go:build !light

package peers

import (
	"context"
	"net/http"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

var anthropicPeer = Peer{
	Name: "anthropic-sdk-go", Module: "github.com/anthropics/anthropic-sdk-go", Retries: true,
	Path: "/v1/messages", Status: http.StatusOK,
	Answer: `{"id":"msg_013Zva2CMHLNnXjNJJKqJ2EF","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"Hello, I need help!"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":29,"output_tokens":9}}`,
	New: func(base string, h *http.Client) (Call, error) {
		client := anthropic.NewClient(option.WithBaseURL(base), option.WithAPIKey(token), option.WithHTTPClient(h))
		return func(ctx context.Context) error {
			got, err := client.Messages.New(ctx, anthropic.MessageNewParams{
				MaxTokens: 1024, Model: "claude-sonnet-4-5",
				Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text(95)))},
			})
			if err == nil && got.ID == "" {
				err = errNoID
			}
			return err
		}, nil
	},
}
