package peers

import (
	"context"
	"net/http"

	"github.com/google/go-github/v93/github"
)

var gitHub = Peer{
	Name: "go-github", Module: "github.com/google/go-github/v93",
	Path: "/repos/octocat/support/issues/7/comments", Status: http.StatusCreated,
	Answer: `{"id":1,"node_id":"MDEyOklzc3VlQ29tbWVudDE=","url":"https://api.github.com/repos/octocat/support/issues/comments/1","body":"Hello, I need help!","user":{"login":"octocat","id":1},"created_at":"2024-01-15T10:30:00Z","updated_at":"2024-01-15T10:30:00Z"}`,
	New: func(base string, h *http.Client) (Call, error) {
		root := base + "/"
		client, err := github.NewClient(github.WithHTTPClient(h), github.WithAuthToken(token), github.WithURLs(&root, nil))
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			got, _, err := client.Issues.CreateComment(ctx, "octocat", "support", 7, github.IssueCommentRequest{Body: text(195)})
			if err == nil && got.GetID() == 0 {
				err = errNoID
			}
			return err
		}, nil
	},
}
