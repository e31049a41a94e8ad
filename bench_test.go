package agentmsg_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// inMemory answers every request at once, without a socket, the way a server
// would: it reads the body and gives headers of its own.
type inMemory struct{ answer []byte }

func (m inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	_ = req.Body.Close()
	return &http.Response{
		StatusCode: http.StatusAccepted, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(m.answer)),
		ContentLength: int64(len(m.answer)), Request: req,
	}, nil
}

const benchAnswer = `{"sessionId":"550e8400-e29b-41d4-a716-446655440000","isNewSession":true,"userMessage":{"id":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","role":"user","content":"Hello, I need help!","timestamp":1704067200000},"message":"Message received."}`

var benchParams = agentmsg.SendMessageParams{
	Channel: agentmsg.APIChannel("support"), Content: "Hello, I need help!",
	SessionID: "550e8400-e29b-41d4-a716-446655440000", SessionName: "Customer Support Chat", ExternalUserID: "customer-123",
}

// BenchmarkCall is one call without a network: this module beside net/http
// and encoding/json typed by hand, on the same request and answer.
func BenchmarkCall(b *testing.B) {
	b.Run("sdk", func(b *testing.B) {
		client, err := agentmsg.NewClient(agentmsg.WithMAIA("test-token"), agentmsg.WithHTTPClient(&http.Client{Transport: inMemory{[]byte(benchAnswer)}}))
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
		client := &http.Client{Transport: inMemory{[]byte(benchAnswer)}}
		b.ReportAllocs()
		for b.Loop() {
			receipt, err := sendByHand(b.Context(), client, "https://api.maiacompany.io", "test-token", benchParams)
			if err != nil || receipt.UserMessage.ID == "" {
				b.Fatal(err)
			}
		}
	})
}

// sendByHand is what a careful engineer types: a bounded read, the status
// checked, no retry, no time-out of its own, no outcome.
func sendByHand(ctx context.Context, client *http.Client, base, token string, p agentmsg.SendMessageParams) (*agentmsg.MessageReceipt, error) {
	payload, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/messages", bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "by-hand/1.0")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusAccepted {
		return nil, fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	receipt := new(agentmsg.MessageReceipt)
	if err := json.Unmarshal(body, receipt); err != nil {
		return nil, err
	}
	return receipt, nil
}
