//go:build !light

package main

import (
	"fmt"

	"github.com/twilio/twilio-go"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

func main() {
	params := &api.CreateMessageParams{}
	params.SetTo("+15558675310")
	params.SetFrom("+15557122661")
	params.SetBody("Hello, I need help!")
	got, err := twilio.NewRestClient().Api.CreateMessage(params)
	if err != nil {
		panic(err)
	}
	fmt.Println(*got.Sid)
}
