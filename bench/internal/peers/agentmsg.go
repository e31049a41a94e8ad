package peers

import (
	"context"
	"net/http"

	"github.com/agentmsg/agentmsg"
)

var agentmsgPeer = Peer{
	Name: "agentmsg", Module: "github.com/agentmsg/agentmsg", Retries: true,
	Path: "/messages", Status: http.StatusAccepted, Answer: receipt,
	New: func(base string, h *http.Client) (Call, error) {
		client, err := agentmsg.NewClient(agentmsg.WithMAIA(token), agentmsg.WithBaseURL(agentmsg.MAIA, base), agentmsg.WithHTTPClient(h))
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			got, err := client.Messages.Send(ctx, params)
			if err == nil && got.UserMessage.ID == "" {
				err = errNoID
			}
			return err
		}, nil
	},
}
