package peers

import (
	"context"
	"net/http"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/bare"
)

// Agentmsg is this module.
var Agentmsg = Peer{
	Name: "agentmsg", Module: "github.com/agentmsg/agentmsg", Retries: true,
	Path: "/messages", Status: http.StatusAccepted, Answer: bare.Receipt,
	New: func(base string, h *http.Client) (Call, error) {
		client, err := agentmsg.NewClient(agentmsg.WithMAIA(token), agentmsg.WithBaseURL(agentmsg.MAIA, base), agentmsg.WithHTTPClient(h))
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			return withID(client.Messages.Send(ctx, params))
		}, nil
	},
}
