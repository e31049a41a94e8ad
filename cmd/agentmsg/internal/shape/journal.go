package shape

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/agentmsg/agentmsg/mockserver"
)

// Request is a mockserver.Request.
type Request struct {
	Op        string      `json:"op"`
	SessionID string      `json:"sessionId,omitempty"`
	Method    string      `json:"method"`
	Path      string      `json:"path"`
	Query     url.Values  `json:"query,omitempty"`
	Header    http.Header `json:"header"`
	// Body is the text of it. What is no UTF-8 is in BodyBase64 instead.
	Body       string `json:"body"`
	BodyBase64 string `json:"bodyBase64,omitempty"`
	// Status is 0 where no byte of an answer left.
	Status         int       `json:"status"`
	Response       string    `json:"response"`
	ResponseBase64 string    `json:"responseBase64,omitempty"`
	Fault          *Fault    `json:"fault,omitempty"`
	At             time.Time `json:"at"`
	Took           Duration  `json:"took"`
}

// RequestOf is the form of a request.
func RequestOf(r mockserver.Request) Request {
	q := Request{
		Op: string(r.Op), SessionID: string(r.Session), Method: r.Method, Path: r.Path, Query: r.Query, Header: r.Header,
		Status: r.Status, At: r.At, Took: Duration(r.Took),
	}
	q.Body, q.BodyBase64 = bytesOf(r.Body)
	q.Response, q.ResponseBase64 = bytesOf(r.Response)
	if r.Fault != nil {
		q.Fault = new(FaultOf(*r.Fault))
	}
	return q
}

// Delivery is a mockserver.Delivery.
type Delivery struct {
	ID        string      `json:"id"`
	Event     string      `json:"event,omitempty"`
	SessionID string      `json:"sessionId,omitempty"`
	Attempt   int         `json:"attempt"`
	URL       string      `json:"url"`
	Header    http.Header `json:"header,omitempty"`
	// Body is exactly what was sent. What is no UTF-8 is in BodyBase64 instead.
	Body       string `json:"body"`
	BodyBase64 string `json:"bodyBase64,omitempty"`
	// Status is 0 where there was no answer; Error says why.
	Status int       `json:"status"`
	Error  string    `json:"error,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Took   Duration  `json:"took,omitzero"`
}

// DeliveryOf is the form of a delivery.
func DeliveryOf(d mockserver.Delivery) Delivery {
	q := Delivery{
		ID: d.ID, Event: string(d.Event), SessionID: string(d.Session), Attempt: d.Attempt, URL: d.URL, Header: d.Header,
		Status: d.Status, Error: d.Err, At: d.At, Took: Duration(d.Took),
	}
	q.Body, q.BodyBase64 = bytesOf(d.Body)
	return q
}

// bytesOf gives bytes as a text, or in base64 where they are none.
func bytesOf(b []byte) (text, base string) {
	if utf8.Valid(b) {
		return string(b), ""
	}
	return "", base64.StdEncoding.EncodeToString(b)
}

// All is a list in its forms, never null.
func All[T, F any](from []T, form func(T) F) []F {
	to := make([]F, len(from))
	for i, x := range from {
		to[i] = form(x)
	}
	return to
}
