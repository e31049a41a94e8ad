package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// The file of an event, with a bound of your own. The mock server's storage is
// reached over its Transport; leave FetchTransport out in production, where an
// address that is not public is refused, whoever sent the event.
func ExampleDownloadEventAttachment() {
	files := make(chan agentmsg.EventAttachment, 1)
	receiver := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := agentmsg.ReadWebhook(r, mockserver.DefaultWebhookSecret)
		if refused, ok := errors.AsType[*agentmsg.WebhookError](err); ok {
			w.WriteHeader(refused.Status)
			return
		}
		if m, ok := event.(*agentmsg.MessageEvent); ok {
			for _, file := range m.Attachments {
				files <- file // to be downloaded after the answer: the vendor waits 10 s
			}
		}
	})
	server, err := mockserver.New(mockserver.WithWebhookHandler(receiver, ""), mockserver.WithSession(mockserver.Session{ID: "order-1042"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	ctx, client := context.Background(), server.Client()
	list, err := client.Attachments.Upload(ctx, agentmsg.FileFromBytes("list.txt", []byte("milk, bread")))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Channels.SendAgentMessage(ctx, mockserver.DefaultChannelID, "order-1042", agentmsg.AgentMessageParams{Attachments: []agentmsg.Attachment{*list}})
	if err != nil {
		fmt.Println(err)
		return
	}

	file, content := <-files, new(strings.Builder)
	n, err := agentmsg.DownloadEventAttachment(ctx, file, content, agentmsg.FetchMaxBytes(1<<20), agentmsg.FetchTransport(server.Transport()))
	fmt.Println(n, err, file.MimeType, content)

	file.URL = "http://169.254.169.254/latest/meta-data/" // the metadata service of many clouds
	_, err = agentmsg.DownloadEventAttachment(ctx, file, io.Discard)
	fmt.Println(errors.Is(err, agentmsg.ErrForbiddenAddress), agentmsg.OutcomeOf(err))
	// Output:
	// 11 <nil> text/plain milk, bread
	// true NotSent
}
