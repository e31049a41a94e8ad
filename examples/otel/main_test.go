package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// Two attempts, two spans below the call's own; of the file's way to the
// storage there is none.
func TestSpans(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, "  HTTP PATCH 503\n  HTTP PATCH 200\npause the AI\n  HTTP POST 200\n", out.String())
}

// The transport around changes nothing in what the client knows: an attempt
// that never left is NotSent, and one that may have arrived is not repeated.
func TestTracedClientKnowsTheOutcome(t *testing.T) {
	t.Parallel()
	server := mockserver.Start(t)
	spans := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))
	client := server.Client(agentmsg.WithRetry(agentmsg.RetryPolicy{MinBackoff: 1, MaxBackoff: 1}),
		agentmsg.WithHTTPClient(&http.Client{Transport: traced(server.Transport(), provider)}))
	send := func(ctx context.Context) error {
		_, err := client.Messages.Send(ctx, agentmsg.SendMessageParams{Channel: agentmsg.APIChannel(mockserver.DefaultChannelIdentifier), Content: "hi"})
		return err
	}
	server.Inject(mockserver.Fault{Op: agentmsg.OpSend, Kind: mockserver.DropAfterAccept, Times: 1})
	require.Equal(t, agentmsg.OutcomeUnknown, agentmsg.OutcomeOf(send(t.Context())))
	require.Len(t, spans.GetSpans(), 1)

	server.Close()
	err := send(t.Context())
	require.Equal(t, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(err))
	e, ok := errors.AsType[*agentmsg.TransportError](err)
	require.True(t, ok)
	require.Equal(t, 3, e.Attempts)
	require.Len(t, spans.GetSpans(), 4)
}
