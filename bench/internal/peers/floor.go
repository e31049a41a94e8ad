package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/hashicorp/go-retryablehttp"
)

// The floor, the tuned floor and go-retryablehttp say the same as agentmsg, each
// to a path of its own.
const receipt = `{"sessionId":"550e8400-e29b-41d4-a716-446655440000","isNewSession":true,"userMessage":{"id":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","role":"user","content":"Hello, I need help!","timestamp":1704067200000},"message":"Message received."}`

var params = agentmsg.SendMessageParams{
	Channel: agentmsg.APIChannel("support"), Content: content,
	SessionID: "550e8400-e29b-41d4-a716-446655440000", SessionName: "Customer Support Chat", ExternalUserID: "customer-123",
}

var errNoID = errors.New("the answer has no id")

// floor is net/http and encoding/json as a careful engineer types them: a
// bounded read, the status checked, no retry, no time-out of its own, no outcome.
var floor = Peer{
	Name: "net/http by hand", Path: "/floor/messages", Status: http.StatusAccepted, Answer: receipt,
	New: func(base string, h *http.Client) (Call, error) {
		return func(ctx context.Context) error { return sendByHand(ctx, h, base+"/floor/messages") }, nil
	},
}

func sendByHand(ctx context.Context, h *http.Client, url string) error {
	payload, err := json.Marshal(params)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		return err
	}
	setHeaders(req.Header)
	resp, err := h.Do(req)
	if err != nil {
		return err
	}
	return readReceipt(resp)
}

func setHeaders(h http.Header) {
	h.Set("Authorization", "Bearer "+token)
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
	h.Set("User-Agent", "by-hand/1.0")
}

func readReceipt(resp *http.Response) error {
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	got := new(agentmsg.MessageReceipt)
	if err := json.Unmarshal(body, got); err != nil {
		return err
	}
	if got.UserMessage.ID == "" {
		return errNoID
	}
	return nil
}

// tuned is the floor of somebody who counts: a parsed URL and headers that stay,
// buffers from a pool.
var tuned = Peer{
	Name: "net/http by hand, tuned", Path: "/tuned/messages", Status: http.StatusAccepted, Answer: receipt,
	New: func(base string, h *http.Client) (Call, error) {
		u, err := url.Parse(base + "/tuned/messages")
		if err != nil {
			return nil, err
		}
		header := http.Header{}
		setHeaders(header)
		pool := sync.Pool{New: func() any { return new(bytes.Buffer) }}
		return func(ctx context.Context) error {
			payload, err := json.Marshal(&params)
			if err != nil {
				return err
			}
			req := (&http.Request{
				Method: http.MethodPost, URL: u, Host: u.Host, Header: header,
				Body: io.NopCloser(bytes.NewReader(payload)), ContentLength: int64(len(payload)),
				Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			}).WithContext(ctx)
			resp, err := h.Do(req)
			if err != nil {
				return err
			}
			body := pool.Get().(*bytes.Buffer)
			defer pool.Put(body)
			body.Reset()
			return readPooled(resp, body)
		}, nil
	},
}

func readPooled(resp *http.Response, body *bytes.Buffer) error {
	defer func() { _ = resp.Body.Close() }()
	if _, err := body.ReadFrom(io.LimitReader(resp.Body, 8<<20)); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	var got agentmsg.MessageReceipt
	if err := json.Unmarshal(body.Bytes(), &got); err != nil {
		return err
	}
	if got.UserMessage.ID == "" {
		return errNoID
	}
	return nil
}

// retryable is go-retryablehttp alone, in the place of net/http.
var retryable = Peer{
	Name: "go-retryablehttp", Module: "github.com/hashicorp/go-retryablehttp", Retries: true,
	Path: "/retryable/messages", Status: http.StatusAccepted, Answer: receipt,
	New: func(base string, h *http.Client) (Call, error) {
		client := retryablehttp.NewClient()
		client.HTTPClient, client.Logger = h, nil
		return func(ctx context.Context) error {
			payload, err := json.Marshal(params)
			if err != nil {
				return err
			}
			req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, base+"/retryable/messages", payload)
			if err != nil {
				return err
			}
			setHeaders(req.Header)
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			return readReceipt(resp)
		}, nil
	},
}

// bounded is the floor with a time-out for each call, which this module's calls
// have too.
var bounded = Peer{
	Name: "net/http by hand, with a time-out", Path: "/bounded/messages", Status: http.StatusAccepted, Answer: receipt,
	New: func(base string, h *http.Client) (Call, error) {
		return func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
			defer cancel()
			return sendByHand(ctx, h, base+"/bounded/messages")
		}, nil
	},
}
