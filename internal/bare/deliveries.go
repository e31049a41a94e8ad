package bare

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// Session is one to deliver events of.
const Session = "550e8400-e29b-41d4-a716-446655440000"

// Event is the JSON of a message event of 600 bytes.
func Event(id, session string) []byte {
	const frame = `{"channelId":"channel-1","channelIdentifier":"+5521999887766","agentId":"agent-1","sessionId":"%s",` +
		`"messageId":"%s","response":"%s","timestamp":"2024-01-15T10:30:00.000Z","direction":"outgoing"}`
	return fmt.Appendf(nil, frame, session, id, strings.Repeat("x", 606-len(frame)-len(id)-len(session)))
}

// Signed are the headers that MAIA adds to a webhook.
func Signed(signature string) http.Header {
	return http.Header{wire.HeaderSignature: {signature}, wire.HeaderTimestamp: {"1705314600000"}}
}

// Request is a webhook as it comes over a connection, with the headers of its
// signature.
func Request(header http.Header, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "POST /webhook HTTP/1.1\r\nHost: app.test\r\nUser-Agent: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	_ = header.Write(&b) // a strings.Builder takes all
	b.WriteString("\r\n")
	b.Write(body)
	return b.String()
}

// Deliveries are webhooks as bytes, so many on each connection.
type Deliveries struct {
	nth      func(n int) string
	each     int
	round    int
	requests []string
}

// NewDeliveries will make them by nth, whose number is never the same; Renew
// makes the first ones too.
func NewDeliveries(connections, each int, nth func(n int) string) *Deliveries {
	return &Deliveries{nth: nth, each: each, requests: make([]string, connections*each)}
}

// Renew makes them others than they ever were.
func (d *Deliveries) Renew() {
	for i := range d.requests {
		d.requests[i] = d.nth(d.round*len(d.requests) + i)
	}
	d.round++
}

// Request is the i-th on a connection.
func (d *Deliveries) Request(connection, i int) string { return d.requests[connection*d.each+i] }

// ServeAll gives all to a handler in memory: net/http's reading of the request
// is part of it.
func (d *Deliveries) ServeAll(h http.Handler) error {
	for _, text := range d.requests {
		req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return err
		}
		if status := Serve(h, req); status != http.StatusOK {
			return fmt.Errorf("status %d", status)
		}
	}
	return nil
}
