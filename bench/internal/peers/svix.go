package peers

import (
	"context"
	"net/http"
	"net/url"

	svix "github.com/svix/svix-webhooks/go"
)

var svixPeer = Peer{
	Name: "svix", Module: "github.com/svix/svix-webhooks", Retries: true,
	Path: "/api/v1/app/support/msg", Status: http.StatusAccepted,
	Answer: `{"id":"msg_1srOrx2ZWZBpBUvZwXKQmoEYga2","eventType":"message.created","eventId":"customer-123","payload":{"sessionId":"550e8400-e29b-41d4-a716-446655440000","content":"Hello, I need help!"},"timestamp":"2024-01-15T10:30:00.000Z"}`,
	New: func(base string, h *http.Client) (Call, error) {
		u, err := url.Parse(base)
		if err != nil {
			return nil, err
		}
		client := svix.New(token, &svix.SvixOptions{ServerUrl: u, HTTPClient: h})
		return func(ctx context.Context) error {
			got, err := client.Message.Create(ctx, "support", &svix.MessageIn{
				EventType: "message.created", EventId: svix.String("customer-123"),
				Payload: map[string]any{
					"sessionId": "550e8400-e29b-41d4-a716-446655440000", "sessionName": "Customer Support Chat",
					"content": content, "externalUserId": "customer-123",
				},
			})
			if err == nil && got.Id == "" {
				err = errNoID
			}
			return err
		}, nil
	},
}
