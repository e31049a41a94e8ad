package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

type message struct {
	Channel   string `json:"fromChannelIdentifier"`
	Type      string `json:"channelType"`
	Content   string `json:"content"`
	SessionID string `json:"sessionId"`
}

type receipt struct {
	SessionID   string `json:"sessionId"`
	UserMessage struct {
		ID string `json:"id"`
	} `json:"userMessage"`
}

func main() {
	got, err := send(message{"support", "api", "Hello, I need help!", "session-1"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(got.UserMessage.ID)
}

func send(m message) (*receipt, error) {
	payload, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, "https://api.maiacompany.io/messages", bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
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
	got := new(receipt)
	return got, json.Unmarshal(body, got)
}
