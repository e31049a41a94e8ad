//go:build !light

package peers

import (
	"context"
	"net"
	"net/http"
	"net/url"

	"github.com/twilio/twilio-go"
	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

const twilioAccount = "AC550e8400e29b41d4a716446655440000"

var twilioPeer = Peer{
	Name: "twilio-go", Module: "github.com/twilio/twilio-go",
	Path: "/2010-04-01/Accounts/" + twilioAccount + "/Messages.json", Status: http.StatusCreated,
	Answer: `{"sid":"SM1234567890abcdef1234567890abcdef","account_sid":"` + twilioAccount + `","from":"+15557122661","to":"+15558675310","body":"Hello, I need help!","status":"queued","num_segments":"1","direction":"outbound-api","price":null}`,
	New: func(base string, h *http.Client) (Call, error) {
		u, err := url.Parse(base)
		if err != nil {
			return nil, err
		}
		own := *h
		if net.ParseIP(u.Hostname()).IsLoopback() { // in memory the host does not matter
			own.Transport = &elsewhere{u, h.Transport}
		}
		inner := &client.Client{Credentials: client.NewCredentials(twilioAccount, "testtoken"), HTTPClient: &own}
		inner.SetAccountSid(twilioAccount)
		rest := twilio.NewRestClientWithParams(twilio.ClientParams{Client: inner})
		return func(context.Context) error { // it takes no context
			params := &api.CreateMessageParams{}
			params.SetTo("+15558675310")
			params.SetFrom("+15557122661")
			params.SetBody(text(160))
			got, err := rest.Api.CreateMessage(params)
			if err == nil && (got.Sid == nil || *got.Sid == "") {
				err = errNoID
			}
			return err
		}, nil
	},
}

// elsewhere sends requests to another host, for a client that knows its host
// alone.
type elsewhere struct {
	base *url.URL
	next http.RoundTripper
}

func (e *elsewhere) RoundTrip(req *http.Request) (*http.Response, error) {
	u := *req.URL
	u.Scheme, u.Host = e.base.Scheme, e.base.Host
	there := *req
	there.URL, there.Host = &u, u.Host
	return e.next.RoundTrip(&there)
}
