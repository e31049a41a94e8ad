//go:build !light

package main

import (
	"context"
	"fmt"

	"github.com/anthropics/anthropic-sdk-go"
)

func main() {
	client := anthropic.NewClient()
	got, err := client.Messages.New(context.Background(), anthropic.MessageNewParams{
		MaxTokens: 1024, Model: "claude-sonnet-4-5",
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Hello, I need help!"))},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(got.ID)
}
