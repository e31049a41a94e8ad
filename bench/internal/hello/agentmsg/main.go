package main

import (
	"context"
	"fmt"
	"os"

	"github.com/agentmsg/agentmsg"
)

func main() {
	client, err := agentmsg.NewClient(agentmsg.WithMAIA(os.Getenv("TOKEN")))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	got, err := client.Messages.Send(context.Background(), agentmsg.SendMessageParams{
		Channel: agentmsg.APIChannel("support"), Content: "Hello, I need help!", SessionID: "session-1",
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(got.UserMessage.ID)
}
