package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

// attempt makes one exchange: headers and body of its own, a time-out that ends
// with the last byte of the answer, and a record of what it saw. It has no
// CloseIdleConnections, or the loop would flush the pool after each failed call.
type attempt struct{ base http.RoundTripper }

// RoundTrip hands net/http an answer without body and, for a redirect,
// without Location: the call has both. It hands over an answer where there was
// none too, since the loop finds the call by it; what happened stands in the call.
func (a attempt) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	c := callOf(ctx)
	if c.refused {
		return bare(nil, req), nil
	}
	defer c.clock.end()
	started := time.Now()
	resp, err := a.base.RoundTrip(c.dress(req))
	if resp == nil && err == nil {
		err = ErrNoAnswer
	}
	if resp != nil {
		err = c.read(resp, err)
	}
	c.ended(ctx, err)
	if c.upload != nil { // net/http may come to it after its RoundTrip
		_ = c.upload.Close()
	}
	c.duration = time.Since(started)
	if c.Err != nil {
		resp = nil
	}
	return bare(resp, req), nil
}

// refuse ends the call: the limiter, the source of tokens or the context kept
// the attempt from beginning. What the attempt before it brought stands.
func (c *Call) refuse(err error) {
	c.refused = true
	if c.tries == 1 {
		c.Err, c.fate = err, notSent
		return
	}
	c.Stopped = err
}

// begin starts the record of one more attempt, and returns its context. A trace
// is the attempt's own: it takes the hooks of one that the user's context has.
func (c *Call) begin() context.Context {
	if c.tries > 1 {
		before := c.Result
		c.Before = &before
		c.Result = Result{}
		c.evidence.reset()
	}
	trace := &c.first.trace
	if c.tries > 1 {
		trace = new(httptrace.ClientTrace)
	}
	*trace = c.evidence.trace(c.endpoint.Limiter)
	ctx, clock := newClock(httptrace.WithClientTrace(c.context(), trace), c)
	c.clock = clock
	return ctx
}

// prepare waits for the limiter and asks for the credential.
func (c *Call) prepare(ctx context.Context) error {
	if err := c.endpoint.admit(ctx); err != nil {
		return err
	}
	cred := c.endpoint.Credential
	switch {
	case cred == nil || c.fresh:
		c.fresh = false
		return ctx.Err()
	case cred.Source == nil:
		c.Token = cred.Token
		return ctx.Err()
	}
	token, err := cred.Source(ctx, "")
	if err == nil {
		err = ValidToken(token)
	}
	if err != nil {
		c.Permanent = true
		return err
	}
	c.use(token)
	return ctx.Err()
}

// fixedHeaders is how many lines a request can have besides Headers.
const fixedHeaders = 4

// dress gives the request headers and a body that no other attempt shares:
// a lost attempt's goroutine may still be reading its own.
func (c *Call) dress(req *http.Request) *http.Request {
	values, body := &c.first.values, &c.first.body
	if c.tries > 1 {
		values, body = new([fixedHeaders]string), new(bytes.Reader)
	}
	header := req.Header // this attempt's own: it has the cookies of the user's jar
	n := 0
	set := func(name, value string) {
		values[n] = value
		header[name] = values[n : n+1 : n+1]
		n++
	}
	if c.Bare {
		header["User-Agent"], header["Accept-Encoding"] = []string{""}, []string{"identity"} // or net/http would set its own, and unpack a file
	} else {
		set("Accept", "application/json")
		set("User-Agent", c.endpoint.UserAgent)
	}
	if cred := c.endpoint.Credential; cred != nil {
		set(cred.Header, cred.value(c.Token))
	}
	if c.Payload != nil {
		set("Content-Type", "application/json")
		req.Body, req.ContentLength, req.GetBody = content(body, c.Payload), int64(len(c.Payload)), c.reopen
	}
	if c.Source != nil {
		set("Content-Type", c.Source.ContentType)
		ctx := req.Context()
		c.upload = newUpload(ctx, c.Source)
		req.Body, req.ContentLength = c.upload, c.Source.Size
		req.GetBody = func() (io.ReadCloser, error) { return c.reopenSource(ctx) }
	}
	for _, h := range c.Headers {
		header[h.Name] = []string{h.Value}
	}
	req.Host = req.URL.Host
	return req
}

// reopen gives net/http the body once more, for a replay of what was provably
// not taken.
func (c *Call) reopen() (io.ReadCloser, error) {
	return content(new(bytes.Reader), c.Payload), nil
}

// reopenSource is reopen for a file that opens more than once.
func (c *Call) reopenSource(ctx context.Context) (io.ReadCloser, error) {
	if c.Source.Spent() {
		return nil, errSpent
	}
	_ = c.upload.Close()
	c.upload = newUpload(ctx, c.Source)
	return c.upload, nil
}

var errSpent = errors.New("the source was read before, and opens a single time")

// read takes the answer in. err is what the RoundTripper gave beside it.
func (c *Call) read(resp *http.Response, err error) error {
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	defer func() { _ = resp.Body.Close() }()
	c.Status, c.Header = resp.StatusCode, resp.Header
	c.noteHeader()
	if err != nil {
		return err
	}
	if c.Sink != nil && success(c.Status) {
		return c.Sink.drain(resp.Body, resp.ContentLength, c.clock.start, c.clock.stop)
	}
	c.Body, err = readBody(resp.Body, resp.ContentLength)
	if errors.Is(err, ErrResponseTooLarge) && !success(c.Status) {
		return nil // the status is the answer
	}
	return err
}

// ended draws the conclusion from how the exchange ended.
func (c *Call) ended(ctx context.Context, err error) {
	c.Attempts += 1 + c.evidence.replays()
	if err == nil {
		c.fate = answered
		return
	}
	switch {
	case c.Status != 0:
		c.fate = answered
	case c.evidence.unsent(err):
		c.fate = notSent
	}
	if headerTooLarge(err) {
		err = ErrResponseTooLarge
	}
	if caller := c.ctx.Err(); caller != nil {
		err, c.Ended = caller, true
	} else if context.Cause(ctx) == ErrAttemptTimeout { //nolint:errorlint // the cause itself, not one that wraps it
		err = ErrAttemptTimeout
	}
	c.Err, c.permanent = err, permanent(err)
	c.blameFile()
}

// blameFile puts a file's own failure in the place of what net/http made of
// it. The next attempt would meet it again.
func (c *Call) blameFile() {
	var failed error
	if c.upload != nil {
		if e := c.upload.failure(); e != nil {
			failed = e
		}
	}
	if c.Sink != nil && c.Sink.Err != nil {
		failed = c.Sink.Err
	}
	if failed != nil {
		c.Err, c.permanent = failed, true
		if c.Ended {
			c.Err = errors.Join(c.ctx.Err(), failed)
		}
	}
}

// bare is the answer as net/http may see it, of the request that it knows:
// nothing to read, nothing to follow. nil: there was none.
func bare(resp *http.Response, req *http.Request) *http.Response {
	if resp == nil {
		return &http.Response{Body: http.NoBody, Request: req}
	}
	resp.Body, resp.Request = http.NoBody, req
	if resp.StatusCode >= 300 && resp.StatusCode < 400 && first(resp.Header, "Location") != "" {
		still := *resp
		still.Header = resp.Header.Clone()
		still.Header.Del("Location")
		return &still
	}
	return resp
}
