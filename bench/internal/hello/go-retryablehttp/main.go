package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/hashicorp/go-retryablehttp"
)

func main() {
	payload, err := json.Marshal(map[string]string{"fromChannelIdentifier": "support", "content": "Hello, I need help!", "sessionId": "session-1"})
	if err != nil {
		panic(err)
	}
	req, err := retryablehttp.NewRequest(http.MethodPost, "https://api.maiacompany.io/messages", payload)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
	resp, err := retryablehttp.NewClient().Do(req)
	if err != nil {
		panic(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		panic(err)
	}
	var got struct {
		UserMessage struct {
			ID string `json:"id"`
		} `json:"userMessage"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		panic(err)
	}
	fmt.Println(got.UserMessage.ID)
}
