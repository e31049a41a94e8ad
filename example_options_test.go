package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// A client without a credential is a base for With.
func ExampleNewClient() {
	client, err := agentmsg.NewClient()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Sessions.PauseAI(context.Background(), "order-1042")
	fmt.Println(errors.Is(err, agentmsg.ErrNotConfigured))
	fmt.Println(err)

	_, err = agentmsg.NewClient(agentmsg.WithMAIA("token\n")) // read from a file
	fmt.Println(err)
	// Output:
	// true
	// agentmsg: Sessions.PauseAI: the client is not configured for maia: give WithMAIA to NewClient
	// agentmsg: NewClient: WithMAIA has a credential that has a character that is not printable ASCII: give it exactly as the dashboard shows it
}

// One client for each tenant: With changes the credential, and the connections
// are shared.
func ExampleClient_With() {
	base := standIn(func(r *http.Request, _ string) (int, string) {
		fmt.Println(r.Header.Get("Authorization"))
		return 200, `{"sessionId":"s1","aiPaused":true}`
	}).client()
	for _, tenant := range []string{"token-of-ana", "token-of-bia"} {
		client, err := base.With(agentmsg.WithMAIA(tenant))
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err := client.Sessions.PauseAI(context.Background(), "s1"); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// Bearer token-of-ana
	// Bearer token-of-bia
}

// A new MAIA token revokes the old one at once. A source is asked for each
// attempt, and after a 401 once more with the token that was refused, so that a
// cache does not give that one again.
func ExampleWithMAIATokenSource() {
	server, err := mockserver.New(mockserver.WithCredentials(mockserver.Credentials{MAIAToken: "token-2"}),
		mockserver.WithSession(mockserver.Session{ID: "order-1042"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	cached := "token-1" // somebody has made another one since
	client := server.Client(agentmsg.WithMAIATokenSource(func(_ context.Context, refused string) (string, error) {
		fmt.Printf("refused: %q\n", refused)
		if refused == cached {
			cached = "token-2" // from where your secrets are kept
		}
		return cached, nil
	}))
	paused, err := client.Sessions.PauseAI(context.Background(), "order-1042")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(paused.AIPaused)
	// Output:
	// refused: ""
	// refused: "token-1"
	// true
}

// A header of your own, for a gateway or a trace. Credentials have options of
// their own: as a header they would be wrong for one of the APIs.
func ExampleWithHeader() {
	client := standIn(func(r *http.Request, _ string) (int, string) {
		fmt.Println(r.Header.Get("Traceparent"))
		return 200, `{"sessionId":"s1","aiPaused":true}`
	}).client()
	_, err := client.Sessions.PauseAI(context.Background(), "s1", agentmsg.WithHeader("traceparent", "00-4bf9-00f0-01"))
	fmt.Println(err)
	_, err = client.Sessions.PauseAI(context.Background(), "s1", agentmsg.WithHeader("Authorization", "Bearer token"))
	fmt.Println(err)
	// Output:
	// 00-4bf9-00f0-01
	// <nil>
	// agentmsg: Sessions.PauseAI: WithHeader does not take Authorization: credentials are given to NewClient
}

// A member that the vendor has added and this module has not yet. One that the
// body already has is refused: two of a name are read by chance.
func ExampleWithField() {
	client := standIn(func(_ *http.Request, body string) (int, string) {
		fmt.Println(body)
		return 202, `{"sessionId":"s1","userMessage":{"id":"m1"}}`
	}).client()
	message := agentmsg.SendMessageParams{Channel: agentmsg.APIChannel("support"), Content: "hi"}
	_, err := client.Messages.Send(context.Background(), message, agentmsg.WithField("priority", 1))
	fmt.Println(err)
	_, err = client.Messages.Send(context.Background(), message, agentmsg.WithField("content", "hello"))
	fmt.Println(err)
	// Output:
	// {"fromChannelIdentifier":"support","channelType":"api","content":"hi","priority":1}
	// <nil>
	// agentmsg: Messages.Send: WithField names content, which the body has already: set it there
}

// The status, the headers and the body behind a result, also of a call that
// failed: what a vendor's support asks for.
func ExampleWithResponse() {
	client := standIn(func(*http.Request, string) (int, string) {
		return 404, `{"error":"Not Found","message":"Session not found"}`
	}).client()
	var response agentmsg.Response
	_, err := client.Sessions.PauseAI(context.Background(), "s1", agentmsg.WithResponse(&response))
	fmt.Println(err != nil, response.Status, response.Attempts)
	fmt.Printf("%s\n", response.Body)
	// Output:
	// true 404 1
	// {"error":"Not Found","message":"Session not found"}
}

// The client's own limit, so that the API's is never met. A call that would wait
// too long fails at once: it was not sent, and may go back into its queue.
func ExampleWithRateLimit() {
	client := standIn(func(*http.Request, string) (int, string) {
		return 200, `{"sessionId":"s1","aiPaused":true}`
	}).client(agentmsg.WithRateLimit(agentmsg.MAIA,
		agentmsg.RateWindow{Limit: 2, Per: time.Hour}, // MAIA's own: 120 a minute and 3,000 an hour
	))
	for range 3 {
		_, err := client.Sessions.PauseAI(context.Background(), "s1")
		fmt.Println(errors.Is(err, agentmsg.ErrRateLimited), agentmsg.OutcomeOf(err))
	}
	// Output:
	// false None
	// false None
	// true NotSent
}

// One limiter for several clients: they share a limit because they share an
// account. A limiter of golang.org/x/time/rate fits as well.
func ExampleNewLimiter() {
	limiter, err := agentmsg.NewLimiter(agentmsg.RateWindow{Limit: 1, Per: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	api := standIn(func(*http.Request, string) (int, string) { return 200, `{"sessionId":"s1","aiPaused":true}` })
	for _, client := range []*agentmsg.Client{
		api.client(agentmsg.WithLimiter(agentmsg.MAIA, limiter)),
		api.client(agentmsg.WithLimiter(agentmsg.MAIA, limiter)),
	} {
		_, err := client.Sessions.PauseAI(context.Background(), "s1")
		fmt.Println(errors.Is(err, agentmsg.ErrRateLimited))
	}
	// Output:
	// false
	// true
}

// An operation that has no method yet goes the same road: credential, limits,
// retries, errors.
func ExampleDo() {
	client := standIn(func(r *http.Request, _ string) (int, string) {
		fmt.Println(r.Method, r.URL.EscapedPath(), r.Header.Get("Authorization"))
		return 200, `{"id":"agent/7","name":"Aurora"}`
	}).client()
	type agent struct {
		Name string `json:"name"`
	}
	found, err := agentmsg.Do[agent](context.Background(), client, agentmsg.Request{
		API: agentmsg.MAIA, Method: http.MethodGet, Path: []string{"agents", "agent/7"}, // each element is escaped
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.Name)
	// Output:
	// GET /agents/agent%2F7 Bearer maia-token
	// Aurora
}
