package mockserver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

const webhookTimeout = 10 * time.Second

// attempt delivers once; true: there is nothing more to do, for better or
// worse. What settles it not is a failed connection, no answer in time, 5xx
// and 429.
func (s *Server) attempt(d *delivery) (settled bool) {
	d.attempt = s.count(d)
	at := time.Now()
	header, status, err := s.post(d)
	settled = err == nil && status != http.StatusTooManyRequests && status < 500
	s.recordDelivery(d, header, status, err, at, settled)
	return settled
}

// post sends the event's bytes, signed. It returns the header that it sent.
func (s *Server) post(d *delivery) (http.Header, int, error) {
	ctx, cancel := context.WithTimeoutCause(s.ctx, webhookTimeout, errSlowReceiver)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.to.url, bytes.NewReader(d.body))
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("User-Agent", "agentmsg-mockserver")
	sign(r.Header, d.secret(), d.body)
	answer, err := s.receiverClient(d).Do(r)
	if err != nil {
		return r.Header, 0, causeOf(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusSwitchingProtocols { // its body is the connection, which does not end
		_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // the status says it all
	}
	return r.Header, answer.StatusCode, nil
}

var errSlowReceiver = errors.New("no answer within 10 s")

// causeOf is why a delivery failed, without the URL around it.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if around, ok := errors.AsType[*url.Error](err); ok {
		return around.Err
	}
	return err
}

// receiverClient never follows a redirect: the vendor is not known to.
func (s *Server) receiverClient(d *delivery) *http.Client {
	return &http.Client{
		Transport:     s.wayTo(d),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *Server) wayTo(d *delivery) http.RoundTripper {
	if d.to.via != nil {
		return d.to.via.transport
	}
	return s.outbound
}
