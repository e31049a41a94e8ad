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
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/hashicorp/go-retryablehttp"
)

// The floors and go-retryablehttp say the same as agentmsg, each to a path of
// its own.
var params = bare.Params[agentmsg.SendMessageParams]()

var errNoID = errors.New("the answer has no id")

// Floor is net/http and encoding/json typed by hand, without a time-out.
var Floor = byHand("net/http by hand", "/floor/messages")

// control is the floor again: how far it is from 1 is noise.
var control = byHand("net/http by hand, again", "/again/messages")

func byHand(name, path string) Peer {
	return Peer{
		Name: name, Path: path, Status: http.StatusAccepted, Answer: bare.Receipt,
		New: func(base string, h *http.Client) (Call, error) {
			return func(ctx context.Context) error { return sendByHand(ctx, h, base+path) }, nil
		},
	}
}

func sendByHand(ctx context.Context, h *http.Client, url string) error {
	return withID(bare.Send[agentmsg.MessageReceipt](ctx, h, url, params))
}

func withID(got *agentmsg.MessageReceipt, err error) error {
	if err == nil && got.UserMessage.ID == "" {
		err = errNoID
	}
	return err
}

// tuned is the floor of somebody who counts: a parsed URL and headers that stay,
// buffers from a pool.
var tuned = Peer{
	Name: "net/http by hand, tuned", Path: "/tuned/messages", Status: http.StatusAccepted, Answer: bare.Receipt,
	New: func(base string, h *http.Client) (Call, error) {
		u, err := url.Parse(base + "/tuned/messages")
		if err != nil {
			return nil, err
		}
		header := http.Header{}
		bare.SetHeaders(header)
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
	Name: "go-retryablehttp", Module: "github.com/hashicorp/go-retryablehttp", Retries: true, Library: true,
	Path: "/retryable/messages", Status: http.StatusAccepted, Answer: bare.Receipt,
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
			bare.SetHeaders(req.Header)
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			return withID(bare.ReadReceipt[agentmsg.MessageReceipt](resp))
		}, nil
	},
}

// bounded is the floor with a time-out for each call, which this module's calls
// have too.
var bounded = Peer{
	Name: "net/http by hand, with a time-out", Path: "/bounded/messages", Status: http.StatusAccepted, Answer: bare.Receipt,
	New: func(base string, h *http.Client) (Call, error) {
		return func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
			defer cancel()
			return sendByHand(ctx, h, base+"/bounded/messages")
		}, nil
	},
}
