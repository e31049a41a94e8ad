package agentmsg

import (
	"context"
	"iter"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// ConnectionsService looks up the account's connections to WhatsApp and its
// kin. Its methods are safe for concurrent use.
//
// Source: MAIA, "GET /connections".
type ConnectionsService struct{ core *core }

// ListConnectionsParams selects connections. The zero value lists all.
type ListConnectionsParams struct {
	// Type is a connection's type, such as whatsapp_custom_app; empty: any.
	Type string `url:"type,omitempty"`
	// Limit is how many a page has at most; 0: the server's own.
	Limit int `url:"limit,omitempty"`
	// NextToken is that of the page before; empty: the first.
	NextToken string `url:"nextToken,omitempty"`
}

// Connection is a connected account of a provider.
//
// Source: MAIA, "GET /connections".
type Connection struct {
	ID                string        `json:"id"`
	Name              string        `json:"name"`
	ConnectionType    string        `json:"connectionType"`
	BusinessAccountID string        `json:"businessAccountId"`
	TokenStatus       string        `json:"tokenStatus"`
	PhoneNumbers      []PhoneNumber `json:"phoneNumbers"`
	WebhookURL        string        `json:"webhookUrl"`
	CreatedAt         EventTime     `json:"createdAt"`
}

// PhoneNumber is a number of a [Connection].
//
// Source: MAIA, "GET /connections", phoneNumbers.
type PhoneNumber struct {
	ID                 string `json:"id"`
	DisplayPhoneNumber string `json:"displayPhoneNumber"`
	VerifiedName       string `json:"verifiedName"`
	QualityRating      string `json:"qualityRating"`
}

// List gives one page of connections. Safe to repeat.
//
// API: GET /connections.
func (s *ConnectionsService) List(ctx context.Context, p ListConnectionsParams, opts ...CallOption) (*Page[Connection], error) {
	r, err := listing(wire.ListConnections, p.Limit, p)
	if err != nil {
		return nil, err
	}
	return call[Page[Connection]](ctx, s.core, r, opts)
}

// All goes through all connections from p.NextToken on, page by page as they
// are needed. An error ends it; breaking off is fine. Options hold for each
// page.
//
// API: GET /connections.
func (s *ConnectionsService) All(ctx context.Context, p ListConnectionsParams, opts ...CallOption) iter.Seq2[*Connection, error] {
	return all(wire.ListConnections, p.NextToken, func(token string) (*Page[Connection], error) {
		part := p
		part.NextToken = token
		return s.List(ctx, part, opts...)
	})
}
