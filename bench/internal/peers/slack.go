package peers

import (
	"context"
	"net/http"

	"github.com/slack-go/slack"
)

var slackPeer = Peer{
	Name: "slack-go", Module: "github.com/slack-go/slack",
	Path: "/chat.postMessage", Status: http.StatusOK,
	Answer: `{"ok":true,"channel":"C123ABC456","ts":"1503435956.000247","message":{"text":"Hello, I need help!","username":"support","bot_id":"B123ABC456","type":"message","subtype":"bot_message","ts":"1503435956.000247","team":"T123ABC456"},"warning":""}`,
	New: func(base string, h *http.Client) (Call, error) {
		client := slack.New(token, slack.OptionHTTPClient(h), slack.OptionAPIURL(base+"/"))
		return func(ctx context.Context) error {
			_, at, err := client.PostMessageContext(ctx, "C123ABC456", slack.MsgOptionText(text(150), false), slack.MsgOptionUsername("support"))
			if err == nil && at == "" {
				err = errNoID
			}
			return err
		}, nil
	},
}
