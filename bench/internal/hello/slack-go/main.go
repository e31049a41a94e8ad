package main

import (
	"fmt"
	"os"

	"github.com/slack-go/slack"
)

func main() {
	_, at, err := slack.New(os.Getenv("TOKEN")).PostMessage("C123ABC456", slack.MsgOptionText("Hello, I need help!", false))
	if err != nil {
		panic(err)
	}
	fmt.Println(at)
}
