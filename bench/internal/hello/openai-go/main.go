//go:build !light

package main

import (
	"context"
	"fmt"

	"github.com/openai/openai-go/v3"
)

func main() {
	client := openai.NewClient()
	got, err := client.Chat.Completions.New(context.Background(), openai.ChatCompletionNewParams{
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hello, I need help!")}, Model: "gpt-4.1",
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(got.ID)
}
