package transport

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Call is one call: what to send, and what came of it. It lives in one piece
// of memory with everything that its first attempt needs. That is 888 bytes
// with what the caller has around it; the allocator's next size is 128 above.
type Call struct {
	// What to send.
	Method      string
	URL         url.URL
	Payload     []byte        // JSON; nil: none
	Source      *Source       // a file instead; nil: none
	Sink        *Sink         // where a success's body goes; nil: into Result
	Headers     []Header      // besides those that every request has
	Timeout     time.Duration // of one attempt
	Caller      Caller
	MaxAttempts int32
	Bare        bool // for a storage: no header but Headers and the body's
	Rule        Rule

	// What came of it.
	Outcome   Outcome  // the greatest of all attempts; None: it succeeded
	Permanent bool     // the same call would fail the same way
	Ended     bool     // by its context
	Attempts  int32    // sent or tried, net/http's own replays included
	Result             // of the last attempt
	Before    *Result  // of the one before it
	Stopped   error    // why another attempt was not made though it could have been
	Token     string   // the credential of the last attempt
	Spent     []string // those of the attempts before, where a source gave others

	again    bool  // the next attempt is due
	refused  bool  // the last attempt did not begin
	renewed  bool  // the token was asked for once more
	fresh    bool  // and is the one of the next attempt
	tries    int32 // attempts that the loop made
	ctx      context.Context
	loop     *retryablehttp.Request // whose context is the call's, or during an attempt the attempt's
	clock    clock                  // of the last attempt
	endpoint *Endpoint
	evidence evidence
	wait     time.Duration // decided before the next attempt
	upload   *upload       // of the last attempt
	first    struct {      // the first attempt's, so that it needs no memory of its own
		body   bytes.Reader
		values [fixedHeaders]string
		trace  httptrace.ClientTrace
	}
}

// Header is one more line of the request. Name goes into the header map as
// it is, canonical or not.
type Header struct{ Name, Value string }

// Result is what one attempt brought.
type Result struct {
	Status    int // 0: not even a header
	Header    http.Header
	Body      []byte
	Err       error      // why there is no complete answer
	RateLimit *RateLimit // that it reported, which stays as it is; nil: none

	verdict    Verdict
	fate       fate
	permanent  bool // the same attempt would fail the same way
	retryAfter time.Duration
	duration   time.Duration
}

// RetryAfter is how long the server asked to wait; 0: it did not say.
func (r *Result) RetryAfter() time.Duration { return r.retryAfter }

// Complete is true when a whole answer was read.
func (r *Result) Complete() bool { return r.fate == answered && r.Err == nil }

// Attempted is what the caller hears after each attempt.
type Attempted struct {
	Number, Status int
	Wait, Duration time.Duration
	Sent           bool
	Again          bool // another attempt follows
	Err            error
}

// Caller is the side of a call that knows what the bodies mean.
type Caller interface {
	// Judge says what a complete answer means beyond its status. It is asked
	// once an attempt.
	Judge(r *Result) Verdict
	// Attempted is told of each attempt, with the call's context.
	Attempted(ctx context.Context, a Attempted)
}

// callContext is a call as its context, which lets the attempt and the loop's
// functions, which are static, find it.
type callContext Call

type callKey struct{}

func (c *callContext) Deadline() (time.Time, bool) { return c.ctx.Deadline() }
func (c *callContext) Done() <-chan struct{}       { return c.ctx.Done() }
func (c *callContext) Err() error                  { return c.ctx.Err() }

func (c *callContext) Value(key any) any {
	if key == (callKey{}) {
		return (*Call)(c)
	}
	return c.ctx.Value(key)
}

// String is what package context calls it.
func (c *callContext) String() string { return "agentmsg: a call's context" }

// Format keeps fmt, whatever the verb, from the call: it has a token.
func (c *callContext) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

func (c *Call) context() context.Context { return (*callContext)(c) }

func callOf(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	return c
}

// Do runs the call to its end. What came of it stands in c.
func Do(ctx context.Context, e *Endpoint, c *Call) {
	c.ctx, c.endpoint = ctx, e
	if err := ctx.Err(); err != nil {
		c.Err, c.fate, c.Outcome, c.Ended = err, notSent, NotSent, true
		return
	}
	request := http.Request{ // without Host, for whose sake an http.Client would copy the URL
		Method: c.Method, URL: &c.URL, Header: make(http.Header, fixedHeaders+len(c.Headers)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	c.loop = &retryablehttp.Request{Request: request.WithContext(c.context())}
	resp, err := e.Loop.Do(c.loop)
	if err == nil {
		_ = resp.Body.Close() // the attempt has read it: nothing is left
	}
	if c.again { // the context ended the wait for the next attempt
		c.Stopped = ctx.Err()
	}
	if c.Stopped != nil || c.refused {
		c.Ended = ctx.Err() != nil
	}
}

// beforeAttempt is called by the loop before each attempt, with a request that
// nobody else has yet: it can still be given the attempt's context.
func beforeAttempt(_ retryablehttp.Logger, req *http.Request, _ int) {
	c := callOf(req.Context())
	c.tries++
	if err := c.prepare(c.context()); err != nil {
		c.refuse(err)
		return
	}
	*req = *req.WithContext(c.begin())
}

// checkRetry is called by the loop after each attempt; the attempt itself has
// written down what happened, so what net/http made of it does not matter.
func checkRetry(ctx context.Context, _ *http.Response, _ error) (bool, error) {
	c := callOf(ctx)
	if c.again = c.after(c.context()); c.again { // the loop waits with the call's context; the attempt's is over
		c.loop.Request = c.loop.Request.WithContext(c.context())
	}
	return c.again, nil
}

// decidedWait: the wait was decided by after.
func decidedWait(_, _ time.Duration, _ int, resp *http.Response) time.Duration {
	return callOf(resp.Request.Context()).wait
}

// anew gives the next attempt a header of its own: a lost attempt's goroutine
// may still be reading the one before.
func anew(req *http.Request) error {
	req.Header = make(http.Header, fixedHeaders)
	return nil
}

// after weighs the attempt that has just ended and says whether there is
// another one.
func (c *Call) after(ctx context.Context) bool {
	if c.refused {
		c.Outcome = max(c.Outcome, NotSent)
		c.Caller.Attempted(ctx, Attempted{Number: int(c.tries), Err: cmp.Or(c.Stopped, c.Err)})
		return false
	}
	if c.Complete() {
		c.verdict = c.Caller.Judge(&c.Result)
	}
	again, o := c.Rule.decide(seen{
		fate: c.fate, status: c.Status, verdict: c.verdict, torn: c.fate == answered && c.Err != nil, final: c.permanent,
	})
	if o == Rejected && c.mayHaveRun() {
		o = Unknown
	}
	c.Outcome, c.Permanent = max(c.Outcome, o), c.permanent
	if o == None {
		c.Outcome = None
		c.endpoint.Budget.earn()
	}
	again = c.next(ctx, again)
	if !again {
		c.wait = 0
	}
	c.Caller.Attempted(ctx, Attempted{
		Number: int(c.tries), Status: c.Status, Wait: c.wait, Duration: c.duration, Sent: c.fate != notSent, Again: again, Err: c.Err,
	})
	return again
}

// next says whether another attempt follows. It spends budget, or asks the
// source of tokens.
func (c *Call) next(ctx context.Context, repeatable bool) bool {
	switch {
	case c.tries >= c.MaxAttempts || c.Ended || c.onceOnly():
		return false
	case repeatable && c.mayWait(ctx):
		return true
	}
	return c.Status == http.StatusUnauthorized && c.renew(ctx)
}

// onceOnly is true when what was sent or taken cannot be once more: a file
// that opens a single time, a writer that has got its first byte.
func (c *Call) onceOnly() bool {
	return c.Source != nil && c.Source.Spent() || c.Sink != nil && c.Sink.Written > 0
}

// mayWait decides the wait before the next attempt, and whether it can end
// well: not beyond what the client waits for a server, not beyond the
// caller's deadline, not without budget.
func (c *Call) mayWait(ctx context.Context) bool {
	if c.Stopped = ctx.Err(); c.Stopped != nil {
		return false
	}
	e := c.endpoint
	jitter := jitterOf(ctx)
	c.wait = backoff(int(c.tries), e.MinBackoff, e.MaxBackoff, jitter)
	if floor := c.floor(); floor > 0 {
		if floor > e.MaxRetryAfter {
			return false
		}
		c.wait = floor + jitter(min(floor/5, time.Second, math.MaxInt64-floor))
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Add(c.wait).Before(deadline) {
		return false
	}
	if !e.Budget.spend() {
		c.Stopped = ErrRetryBudget
		return false
	}
	return true
}

// floor is the least wait that the server asked for.
func (c *Call) floor() time.Duration {
	if c.retryAfter == 0 && (c.verdict == Limited || limitedStatus(c.Status)) {
		return c.RateLimit.untilReset(first(c.Header, "Date"), time.Now())
	}
	return c.retryAfter
}
