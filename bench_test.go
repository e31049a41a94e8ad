//go:build unix

package agentmsg_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/agentmsg/agentmsg/internal/ratio"
	"github.com/stretchr/testify/require"
)

// BenchmarkCall is one call without a network: this module beside net/http and
// encoding/json typed by hand, without a time-out and with one, on the same
// request and answer, and beside itself, which is noise. Rounds are short, and
// long enough for the collector.
func BenchmarkCall(b *testing.B) {
	const n = 2000
	params := bare.Params[agentmsg.SendMessageParams]()
	client := &http.Client{Transport: bare.InMemory{"/messages": {Status: http.StatusAccepted, Body: []byte(bare.Receipt)}}}
	sdk, err := agentmsg.NewClient(agentmsg.WithMAIA(bare.Token), agentmsg.WithHTTPClient(client))
	require.NoError(b, err)
	ours := func(ctx context.Context) (*agentmsg.MessageReceipt, error) { return sdk.Messages.Send(ctx, params) }
	byHand := func(ctx context.Context) (*agentmsg.MessageReceipt, error) {
		return bare.Send[agentmsg.MessageReceipt](ctx, client, "https://api.maiacompany.io/messages", params)
	}
	withTimeout := func(ctx context.Context) (*agentmsg.MessageReceipt, error) {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		return byHand(ctx)
	}
	for _, callers := range []int{1, 16} {
		send := func(call func(context.Context) (*agentmsg.MessageReceipt, error)) func() {
			return func() {
				var done sync.WaitGroup
				for range callers {
					done.Go(func() {
						for range n / callers {
							if receipt, err := call(b.Context()); err != nil || receipt.UserMessage.ID == "" {
								b.Error(err)
								return
							}
						}
					})
				}
				done.Wait()
			}
		}
		b.Run(fmt.Sprintf("by hand/%d at a time", callers), func(b *testing.B) { ratio.Beside(b, n, send(ours), send(byHand)) })
		b.Run(fmt.Sprintf("by hand, with a time-out/%d at a time", callers), func(b *testing.B) { ratio.Beside(b, n, send(ours), send(withTimeout)) })
		b.Run(fmt.Sprintf("itself/%d at a time", callers), func(b *testing.B) { ratio.Beside(b, n, send(ours), send(ours)) })
	}
}
