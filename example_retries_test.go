package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/agentmsg/agentmsg"
)

// flaky fails twice with 503, then answers.
func flaky() standIn {
	n := 0
	return func(*http.Request, string) (int, string) {
		if n++; n < 3 {
			return 503, ""
		}
		return 200, `{"sessionId":"s1","aiPaused":true}`
	}
}

// atOnce retries without waiting, which only examples should.
var atOnce = agentmsg.RetryPolicy{MaxAttempts: 3, MinBackoff: 1, MaxBackoff: 1}

// What is safe to repeat is repeated. A message is not: after a 503 it may have
// arrived, and the customer would read it twice.
func ExampleWithRetry() {
	ctx := context.Background()
	var response agentmsg.Response
	_, err := flaky().client(agentmsg.WithRetry(atOnce)).Sessions.PauseAI(ctx, "s1", agentmsg.WithResponse(&response))
	fmt.Println(err, response.Attempts)

	_, err = flaky().client(agentmsg.WithRetry(atOnce)).Messages.Send(ctx, agentmsg.SendMessageParams{
		Channel: agentmsg.APIChannel("support"), Content: "hi",
	}, agentmsg.WithResponse(&response))
	fmt.Println(agentmsg.OutcomeOf(err), response.Attempts)
	// Output:
	// <nil> 3
	// Unknown 1
}

// One attempt, for who retries by other means: two loops around each other
// multiply.
func ExampleWithMaxAttempts() {
	client := flaky().client(agentmsg.WithRetry(atOnce))
	_, err := client.Sessions.PauseAI(context.Background(), "s1", agentmsg.WithMaxAttempts(1))
	fmt.Println(err)
	// Output: agentmsg: Sessions.PauseAI: PATCH /sessions/{sessionId}/ai-paused: 503 server (1 attempt, Unknown)
}

// At least once instead of at most once, where a message twice is better than
// none.
func ExampleWithRetryAmbiguous() {
	n := 0
	client := standIn(func(*http.Request, string) (int, string) {
		if n++; n == 1 {
			return 502, ""
		}
		return 202, `{"sessionId":"s1","userMessage":{"id":"m1"}}`
	}).client(agentmsg.WithRetry(atOnce))
	_, err := client.Messages.Send(context.Background(), agentmsg.SendMessageParams{
		Channel: agentmsg.APIChannel("support"), Content: "Your taxi is here",
	}, agentmsg.WithRetryAmbiguous())
	fmt.Println(n, err)
	// Output: 2 <nil>
}

// Each attempt, for metrics and traces.
func ExampleWithAttemptHook() {
	client := flaky().client(agentmsg.WithRetry(atOnce), agentmsg.WithAttemptHook(func(_ context.Context, a agentmsg.Attempt) {
		fmt.Println(a.API, a.Op, a.Number, a.Status, a.Sent)
	}))
	if _, err := client.Sessions.PauseAI(context.Background(), "s1"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// maia Sessions.PauseAI 1 503 true
	// maia Sessions.PauseAI 2 503 true
	// maia Sessions.PauseAI 3 200 true
}

// One line for each retry, without a body, a credential or a query in it.
func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "wait" { // they differ each time
			return slog.Attr{}
		}
		return a
	}}))
	client := flaky().client(agentmsg.WithRetry(atOnce), agentmsg.WithLogger(logger))
	if _, err := client.Sessions.PauseAI(context.Background(), "s1"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// level=WARN msg="agentmsg: retrying" op=Sessions.PauseAI attempt=1 reason="503 Service Unavailable"
	// level=WARN msg="agentmsg: retrying" op=Sessions.PauseAI attempt=2 reason="503 Service Unavailable"
}

// errors.Is finds a code wherever it is wrapped, and a code's kin: a revoked
// token is unauthorized too.
func ExampleCode() {
	client := standIn(func(*http.Request, string) (int, string) {
		return 401, `{"error":"Token revoked","message":"A newer token exists"}`
	}).client()
	_, err := client.Sessions.PauseAI(context.Background(), "s1")
	err = fmt.Errorf("taking over: %w", err)
	fmt.Println(errors.Is(err, agentmsg.ErrTokenRevoked), errors.Is(err, agentmsg.ErrUnauthorized), errors.Is(err, agentmsg.ErrForbidden))
	// Output: true true false
}

// errors.AsType finds the details, by the stage at which the call failed.
func ExampleAPIError() {
	client := standIn(func(*http.Request, string) (int, string) {
		return 400, `{"error":"Bad Request","message":"content or attachments required"}`
	}).client()
	_, err := client.Messages.Send(context.Background(), agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: "hi"})
	if refused, ok := errors.AsType[*agentmsg.APIError](err); ok {
		fmt.Println(refused.Status, refused.Code, refused.Reason)
		fmt.Println(refused.Message)
	}
	// Output:
	// 400 bad_request Bad Request
	// content or attachments required
}

// A success without what it promises is an error, not an empty result. The
// message was taken: it must not be sent again.
func ExampleDecodeError() {
	client := standIn(func(*http.Request, string) (int, string) { return 202, `{"sessionId":"s1"}` }).client()
	_, err := client.Messages.Send(context.Background(), agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: "hi"})
	unusable, _ := errors.AsType[*agentmsg.DecodeError](err)
	fmt.Println(unusable.Err, agentmsg.OutcomeOf(err))
	// Output: it has no userMessage.id Accepted
}

// Whether to put a failed message back into a queue: only where it provably did
// not arrive, and a later try makes sense.
func ExampleTemporary() {
	for _, answer := range []int{429, 400, 503} {
		client := standIn(func(*http.Request, string) (int, string) { return answer, "" }).client()
		_, err := client.Messages.Send(context.Background(), agentmsg.SendMessageParams{
			Channel: agentmsg.APIChannel("support"), Content: "hi",
		}, agentmsg.WithMaxAttempts(1))
		fmt.Println(answer, agentmsg.OutcomeOf(err), agentmsg.Temporary(err))
	}
	// Output:
	// 429 Rejected true
	// 400 Rejected false
	// 503 Unknown false
}
