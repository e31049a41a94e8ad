//go:build !light

package peers

import (
	"context"
	"net/http"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

var openAI = Peer{
	Name: "openai-go", Module: "github.com/openai/openai-go/v3", Retries: true,
	Path: "/v1/chat/completions", Status: http.StatusOK,
	Answer: `{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"gpt-4.1","choices":[{"index":0,"message":{"role":"assistant","content":"Hello, I need help!"},"finish_reason":"stop"}],"usage":{"total_tokens":29}}`,
	New: func(base string, h *http.Client) (Call, error) {
		client := openai.NewClient(option.WithBaseURL(base+"/v1"), option.WithAPIKey(token), option.WithHTTPClient(h))
		return func(ctx context.Context) error {
			got, err := client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
				Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(text(150))},
				Model:    "gpt-4.1",
			})
			if err == nil && got.ID == "" {
				err = errNoID
			}
			return err
		}, nil
	},
}
