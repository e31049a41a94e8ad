// Otel shows spans: one for the call, by the program, and below it one for
// each attempt, by otelhttp, which knows nothing of this module. Its transport
// goes into the client's http.Client, and that is all.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run pauses the AI on a server that fails once, and uploads a file.
func run(ctx context.Context, out io.Writer) error {
	server, err := mockserver.New(
		mockserver.WithSession(mockserver.Session{ID: "s1"}),
		mockserver.WithFault(mockserver.Fault{Op: agentmsg.OpPauseAI, Kind: mockserver.Refuse, Times: 1}),
	)
	if err != nil {
		return err
	}
	defer server.Close()
	spans := tracetest.NewInMemoryExporter() // yours goes to a collector
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))
	client := server.Client(agentmsg.WithHTTPClient(&http.Client{Transport: traced(server.Transport(), provider)}))

	ctx, call := provider.Tracer("app").Start(ctx, "pause the AI")
	_, err = client.Sessions.PauseAI(ctx, "s1")
	call.End()
	if err != nil {
		return err
	}
	if _, err := client.Attachments.Upload(ctx, agentmsg.FileFromBytes("note.txt", []byte("hi"))); err != nil {
		return err
	}
	for _, s := range spans.GetSpans() {
		name, child := s.Name, ""
		if s.Parent.IsValid() {
			child = "  "
		}
		for _, a := range s.Attributes {
			if a.Key == "http.response.status_code" {
				name += " " + a.Value.String()
			}
		}
		if _, err := fmt.Fprintln(out, child+name); err != nil {
			return err
		}
	}
	return nil
}

// traced makes a span of each request but those to a storage: a span has the
// whole URL, and a presigned one is a credential. They are the ones that carry
// no other.
func traced(base http.RoundTripper, provider *trace.TracerProvider) http.RoundTripper {
	return otelhttp.NewTransport(base, otelhttp.WithTracerProvider(provider), otelhttp.WithFilter(func(r *http.Request) bool {
		return r.Header.Get("Authorization") != "" || r.Header.Get("X-API-Key") != ""
	}))
}
