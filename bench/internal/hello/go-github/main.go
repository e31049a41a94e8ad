package main

import (
	"context"
	"fmt"
	"os"

	"github.com/google/go-github/v93/github"
)

func main() {
	client, err := github.NewClient(github.WithAuthToken(os.Getenv("TOKEN")))
	if err != nil {
		panic(err)
	}
	got, _, err := client.Issues.CreateComment(context.Background(), "octocat", "support", 7, github.IssueCommentRequest{Body: "Hello, I need help!"})
	if err != nil {
		panic(err)
	}
	fmt.Println(got.GetID())
}
