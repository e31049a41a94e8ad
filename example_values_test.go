package agentmsg_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// No text shows a secret: it takes a conversion, which a reviewer sees.
func ExampleSecret() {
	secret := agentmsg.Secret("s3cr3t")
	fmt.Println(secret)
	fmt.Printf("%s %q %x %#v %d\n", secret, secret, secret, secret, secret)
	slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})).Info("asked", "url", secret)
	fmt.Println(string(secret))
	// Output:
	// REDACTED
	// REDACTED REDACTED REDACTED REDACTED REDACTED
	// level=INFO msg=asked url=REDACTED
	// s3cr3t
}

// MAIA's REST answers count milliseconds. Other forms are read as well, so that
// a vendor that changes its mind breaks nothing.
func ExampleTime() {
	for _, wire := range []string{`1704067200000`, `1704067200`, `"2024-01-01T00:00:00Z"`, `null`} {
		var t agentmsg.Time
		if err := json.Unmarshal([]byte(wire), &t); err != nil {
			fmt.Println(err)
			return
		}
		written, err := json.Marshal(t)
		fmt.Println(t.Format(time.DateTime), string(written), err)
	}
	// Output:
	// 2024-01-01 00:00:00 1704067200000 <nil>
	// 2024-01-01 00:00:00 1704067200000 <nil>
	// 2024-01-01 00:00:00 1704067200000 <nil>
	// 0001-01-01 00:00:00 null <nil>
}

// Webhooks and connections write ISO 8601 with milliseconds.
func ExampleEventTime() {
	written, err := json.Marshal(agentmsg.EventTime{Time: time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC)})
	fmt.Println(string(written), err)
	// Output: "2024-01-15T10:30:00.000Z" <nil>
}

// A body that was decoded and written again has other bytes, and its signature
// fits no more. Verify what arrived, then decode.
func ExampleVerifySignature_reserialised() {
	body := []byte(`{"sessionId": "s1", "response": "5 < 6"}`)
	signature := mockserver.Sign("secret", body)

	var decoded map[string]any
	if err := json.Unmarshal(body, &decoded); err != nil {
		fmt.Println(err)
		return
	}
	again, err := json.Marshal(decoded)
	fmt.Println(string(again), err)
	fmt.Println(errors.Is(agentmsg.VerifySignature(again, signature, "secret"), agentmsg.ErrInvalidSignature))
	fmt.Println(agentmsg.VerifySignature(body, signature, "secret"))
	// Output:
	// {"response":"5 \u003c 6","sessionId":"s1"} <nil>
	// true
	// <nil>
}
