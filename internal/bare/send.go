package bare

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// What all send that send by hand or with this module, by what token, and what
// they are answered.
const (
	Token   = "test-token"
	sent    = `{"fromChannelIdentifier":"support","channelType":"api","content":"Hello, I need help!","sessionId":"550e8400-e29b-41d4-a716-446655440000","sessionName":"Customer Support Chat","externalUserId":"customer-123"}`
	Receipt = `{"sessionId":"550e8400-e29b-41d4-a716-446655440000","isNewSession":true,"userMessage":{"id":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","role":"user","content":"Hello, I need help!","timestamp":1704067200000},"message":"Message received."}`
)

// Params is what all send, in a type of the caller's.
func Params[P any]() P {
	var p P
	if err := json.Unmarshal([]byte(sent), &p); err != nil {
		panic(err) // it is our own text
	}
	return p
}

// Send posts params as JSON and reads the receipt, as a careful engineer types
// it: a bounded read, the status checked, no retry, no time-out of its own, no
// outcome.
func Send[R any](ctx context.Context, client *http.Client, url string, params any) (*R, error) {
	payload, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	SetHeaders(req.Header)
	resp, err := client.Do(req) //nolint:bodyclose // ReadReceipt closes it
	if err != nil {
		return nil, err
	}
	return ReadReceipt[R](resp)
}

// SetHeaders sets those of Send.
func SetHeaders(h http.Header) {
	h.Set("Authorization", "Bearer "+Token)
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
	h.Set("User-Agent", "by-hand/1.0")
}

// ReadReceipt reads and closes what Send is answered.
func ReadReceipt[R any](resp *http.Response) (*R, error) {
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20)) //nolint:forbidigo // it is bounded
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusAccepted {
		return nil, fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	got := new(R)
	if err := json.Unmarshal(body, got); err != nil {
		return nil, err
	}
	return got, nil
}
