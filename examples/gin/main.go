// Gin mounts the webhook handler in a gin router: below a prefix, behind
// middleware, with the customer from the path. The mock server plays MAIA:
//
//	go run ./examples/gin
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/gin-gonic/gin"
)

func main() {
	gin.SetMode(gin.ReleaseMode) // no list of routes on the output
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gin:", err)
		os.Exit(1)
	}
}

// newRouter has the webhooks at /hooks/{customer}/maia. What stands before them
// must not read the body: the signature is made over its raw bytes.
func newRouter(webhooks http.Handler, before ...gin.HandlerFunc) http.Handler {
	router := gin.New()
	router.Use(gin.Recovery())
	router.Use(before...)
	// Any: the handler answers the other methods itself.
	router.Any("/hooks/:customer/maia", func(c *gin.Context) {
		c.Request.SetPathValue("customer", c.Param("customer"))
	}, gin.WrapH(webhooks))
	return router
}

// newWebhooks receives for the customers with these secrets.
//
// gin gives its Context to the next request when one has ended: nothing of it
// may be in what a function keeps that overran its deadline, or runs in queue
// mode. The customer's name is in the request, therefore, and the function has
// it from agentmsg.TenantID.
func newWebhooks(secrets map[string]string, handle func(context.Context, agentmsg.Event) error, opts ...agentmsg.WebhookOption) (*agentmsg.WebhookHandler, error) {
	return agentmsg.NewWebhookHandler(handle, append(opts, agentmsg.WithWebhookTenants(func(r *http.Request) (agentmsg.Tenant, error) {
		name := r.PathValue("customer")
		secret, ok := secrets[name]
		if !ok {
			return agentmsg.Tenant{}, agentmsg.ErrNotFound
		}
		return agentmsg.Tenant{ID: name, Secrets: []string{secret}}, nil
	}))...)
}

// run has a customer of each tenant ask, and shows what the router answered.
func run(ctx context.Context, out io.Writer) error {
	webhooks, err := newWebhooks(map[string]string{"acme": "secret-a", "globex": "secret-g"}, func(ctx context.Context, event agentmsg.Event) error {
		if message, ok := event.(*agentmsg.MessageEvent); ok {
			_, err := fmt.Fprintf(out, "%s: %q\n", agentmsg.TenantID(ctx), message.Response)
			return err
		}
		return nil
	}, agentmsg.WithWebhookLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	maia, err := mockserver.New(channel("acme", "secret-a"), channel("globex", "secret-g"), mockserver.WithWebhookHandler(newRouter(webhooks), ""))
	if err != nil {
		return err
	}
	defer maia.Close()
	for _, customer := range []string{"acme", "globex"} {
		if _, err := maia.Client().Messages.Send(ctx, agentmsg.SendMessageParams{Channel: agentmsg.APIChannel(customer), Content: "Where is my order?"}); err != nil {
			return err
		}
		if err := maia.Idle(ctx); err != nil {
			return err
		}
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return webhooks.Shutdown(ending)
}

// channel is one that delivers to its customer's path.
func channel(customer, secret string) mockserver.Option {
	return mockserver.WithChannel(mockserver.Channel{
		ID: agentmsg.ChannelID("channel-" + customer), Identifier: customer,
		WebhookURL: "http://app.test/hooks/" + customer + "/maia", WebhookSecret: secret,
	})
}
