package agentmsg_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/agentmsg/agentmsg"
)

// A receiver without a framework: read, act on the kind, answer.
func ExampleReadWebhook() {
	const secret = "test-webhook-secret" // from your configuration
	receive := func(w http.ResponseWriter, r *http.Request) {
		event, err := agentmsg.ReadWebhook(r, secret)
		if refused, ok := errors.AsType[*agentmsg.WebhookError](err); ok {
			fmt.Println(err)
			http.Error(w, http.StatusText(refused.Status), refused.Status)
			return
		}
		switch e := event.(type) {
		case *agentmsg.MessageEvent:
			fmt.Println(e.Session(), "says:", e.Response)
		default: // the vendor adds kinds
			fmt.Println("not used:", e.EventType())
		}
		w.WriteHeader(http.StatusNoContent)
	}

	for _, signature := range []string{
		"fdbb601bcec9f73c0590640349720c407f81a55bdded12679aecf6f2b58cdc37",
		"0000000000000000000000000000000000000000000000000000000000000000",
	} {
		r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(`{"sessionId":"s1","messageId":"m1","response":"Good morning"}`))
		r.Header.Set(agentmsg.SignatureHeader, signature)
		w := httptest.NewRecorder()
		receive(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// s1 says: Good morning
	// 204
	// agentmsg: webhook: 401 invalid_signature: the signature is not that of this body under any secret
	// 401
}

// While one secret replaces another, both are good.
func ExampleVerifySignature() {
	body := []byte(`{"eventType":"ai_pause","sessionId":"s1","aiPaused":true}`)
	const signature = "94eac707d670687dfe8323fd0ff756cbeffb06ac9379b3f65659f64c0bfbb9e3"

	err := agentmsg.VerifySignature(body, signature, "new-secret", "old-secret")
	fmt.Println(err)
	err = agentmsg.VerifySignature(body, signature, "new-secret")
	fmt.Println(errors.Is(err, agentmsg.ErrInvalidSignature))
	// Output:
	// <nil>
	// true
}

// A new kind of event arrives as an UnknownEvent, with all of its bytes.
func ExampleParseEvent() {
	for _, body := range []string{
		`{"sessionId":"s1","messageId":"m1","response":"Good morning"}`,
		`{"eventType":"ai_pause","sessionId":"s1","aiPaused":true}`,
		`{"eventType":"note_created","sessionId":"s1","noteId":"n1"}`,
	} {
		event, err := agentmsg.ParseEvent([]byte(body))
		if err != nil {
			fmt.Println(err)
			continue
		}
		switch e := event.(type) {
		case *agentmsg.MessageEvent:
			fmt.Println(e.Direction, "message:", e.Response)
		case *agentmsg.AIPauseEvent:
			fmt.Println("paused:", e.AIPaused != nil && *e.AIPaused)
		case *agentmsg.UnknownEvent:
			fmt.Printf("%s: %s\n", e.Type, e.Raw())
		}
	}
	// Output:
	// outgoing message: Good morning
	// paused: true
	// note_created: {"eventType":"note_created","sessionId":"s1","noteId":"n1"}
}

// Events can be logged: neither texts nor presigned URLs are shown.
func ExampleEvent_logging() {
	event, err := agentmsg.ParseEvent([]byte(`{"sessionId":"s1","messageId":"m1","response":"My card number is …",
		"attachments":[{"id":"a1","url":"https://files.example.com/card.jpg?X-Amz-Signature=f00"}]}`))
	fmt.Println(event, err)
	// Output:
	// MessageEvent[type=message session=s1 message=m1 direction=outgoing bytes=21 attachments=1] <nil>
}
