package main

import (
	"fmt"
	"os"

	"github.com/resend/resend-go/v3"
)

func main() {
	got, err := resend.NewClient(os.Getenv("TOKEN")).Emails.Send(&resend.SendEmailRequest{
		From: "support@example.com", To: []string{"customer-123@example.com"}, Subject: "Support", Text: "Hello, I need help!",
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(got.Id)
}
