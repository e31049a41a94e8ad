package agentmsg_test

import (
	"net/http"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/stretchr/testify/require"
)

var benchParams = bare.Params[agentmsg.SendMessageParams]()

// BenchmarkCall is one call without a network: this module beside net/http
// and encoding/json typed by hand, on the same request and answer.
func BenchmarkCall(b *testing.B) {
	memory := bare.InMemory{"/messages": {Status: http.StatusAccepted, Body: []byte(bare.Receipt)}}
	b.Run("sdk", func(b *testing.B) {
		client, err := agentmsg.NewClient(agentmsg.WithMAIA(bare.Token), agentmsg.WithHTTPClient(&http.Client{Transport: memory}))
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			receipt, err := client.Messages.Send(b.Context(), benchParams)
			if err != nil || receipt.UserMessage.ID == "" {
				b.Fatal(err)
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		client := &http.Client{Transport: memory}
		b.ReportAllocs()
		for b.Loop() {
			receipt, err := bare.Send[agentmsg.MessageReceipt](b.Context(), client, "https://api.maiacompany.io/messages", benchParams)
			if err != nil || receipt.UserMessage.ID == "" {
				b.Fatal(err)
			}
		}
	})
}
