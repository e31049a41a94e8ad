package peers

import (
	"context"
	"net/http"
	"net/url"

	"github.com/resend/resend-go/v3"
)

// resend's answer is an id alone: unknown members bring it up to the size of the
// others.
var resendPeer = Peer{
	Name: "resend-go", Module: "github.com/resend/resend-go/v3",
	Path: "/emails", Status: http.StatusOK,
	Answer: `{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794","object":"email","from":"support@example.com","to":["customer-123@example.com"],"subject":"Customer Support Chat","text":"Hello, I need help!","created_at":"2024-01-15T10:30:00.000Z"}`,
	New: func(base string, h *http.Client) (Call, error) {
		client := resend.NewCustomClient(h, token)
		var err error
		if client.BaseURL, err = url.Parse(base + "/"); err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			got, err := client.Emails.SendWithContext(ctx, &resend.SendEmailRequest{
				From: "support@example.com", To: []string{"customer-123@example.com"}, Subject: "Customer Support Chat",
				Text: text(98),
			})
			if err == nil && got.Id == "" {
				err = errNoID
			}
			return err
		}, nil
	},
}
