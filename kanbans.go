package agentmsg

import (
	"context"
	"iter"

	"github.com/agentmsg/agentmsg/internal/wire"
)

// KanbansService looks up the boards that a session can be moved to. Its
// methods are safe for concurrent use.
//
// Source: MAIA, "GET /kanbans"; the page is known in part.
type KanbansService struct{ core *core }

// ListKanbansParams selects boards. The zero value lists all.
type ListKanbansParams struct {
	// Limit is how many a page has at most; 0: the server's own.
	Limit int `url:"limit,omitempty"`
	// NextToken is that of the page before; empty: the first.
	NextToken string `url:"nextToken,omitempty"`
	// Accessible keeps to the boards that the token may use.
	Accessible bool `url:"accessible,omitempty"`
}

// Kanban is a board.
//
// Source: MAIA, "GET /kanbans".
type Kanban struct {
	ID          KanbanID       `json:"id"`
	Name        string         `json:"name"`
	Slug        string         `json:"slug"`
	Description string         `json:"description"`
	IsDefault   bool           `json:"isDefault"`
	Order       int            `json:"order"`
	CreatedAt   Time           `json:"createdAt"`
	UpdatedAt   Time           `json:"updatedAt"`
	Statuses    []KanbanStatus `json:"statuses"`
	Fields      []KanbanField  `json:"fields"`
}

// KanbanStatus is a column of a board.
//
// Source: MAIA, "GET /kanbans", statuses.
type KanbanStatus struct {
	Value string `json:"value"`
	Label string `json:"label"`
	// Color is as CSS writes it: #1890ff.
	Color string `json:"color"`
}

// KanbanField is a field of a board's records.
//
// Source: MAIA, "GET /kanbans", fields.
type KanbanField struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description"`
	Order       int    `json:"order"`
	IsSystem    bool   `json:"isSystem"`
}

// List gives one page of boards. Safe to repeat.
//
// API: GET /kanbans.
func (s *KanbansService) List(ctx context.Context, p ListKanbansParams, opts ...CallOption) (*Page[Kanban], error) {
	r, err := listing(wire.ListKanbans, p.Limit, p)
	if err != nil {
		return nil, err
	}
	return call[Page[Kanban]](ctx, s.core, r, opts)
}

// All goes through all boards from p.NextToken on, page by page as they are
// needed. An error ends it; breaking off is fine. Options hold for each page.
//
// API: GET /kanbans.
func (s *KanbansService) All(ctx context.Context, p ListKanbansParams, opts ...CallOption) iter.Seq2[*Kanban, error] {
	return all(wire.ListKanbans, p.NextToken, func(token string) (*Page[Kanban], error) {
		part := p
		part.NextToken = token
		return s.List(ctx, part, opts...)
	})
}
