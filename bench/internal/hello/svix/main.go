package main

import (
	"context"
	"fmt"
	"os"

	svix "github.com/svix/svix-webhooks/go"
)

func main() {
	got, err := svix.New(os.Getenv("TOKEN"), nil).Message.Create(context.Background(), "support", &svix.MessageIn{
		EventType: "message.created", Payload: map[string]any{"content": "Hello, I need help!"},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(got.Id)
}
