package mockserver

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/agentmsg/agentmsg"
)

// defaultKanbanID is the board of an account that was given none.
const defaultKanbanID = "kanban-default"

// WithKanbans adds boards. The first replace the default one, kanban-default,
// whose columns are those of the vendor's example. A board that a channel's
// AgentKanbans names and no option gives is there too, under its id for a
// name, with the same columns. What a board lacks of name, slug and times it
// gets. Ours.
func WithKanbans(k ...agentmsg.Kanban) Option {
	return func(cfg *config) error {
		for _, board := range k {
			if board.ID == "" {
				return optionError("WithKanbans", "has an empty ID")
			}
			if slices.ContainsFunc(cfg.kanbans, func(other agentmsg.Kanban) bool { return other.ID == board.ID }) {
				return optionError("WithKanbans", fmt.Sprintf("gives %q a second time", board.ID))
			}
			cfg.kanbans = append(cfg.kanbans, board)
		}
		return nil
	}
}

// WithConnections adds connections; there are none by default.
func WithConnections(c ...agentmsg.Connection) Option {
	return func(cfg *config) error {
		for _, connection := range c {
			if connection.ID == "" {
				return optionError("WithConnections", "has an empty ID")
			}
			if slices.ContainsFunc(cfg.connections, func(other agentmsg.Connection) bool { return other.ID == connection.ID }) {
				return optionError("WithConnections", fmt.Sprintf("gives %q a second time", connection.ID))
			}
			cfg.connections = append(cfg.connections, connection)
		}
		return nil
	}
}

// boardsOf are all boards of an account, the channels' own last.
func boardsOf(c *config) []agentmsg.Kanban {
	boards := slices.Clone(c.kanbans)
	if len(boards) == 0 {
		boards = append(boards, agentmsg.Kanban{ID: defaultKanbanID, Name: "Default", IsDefault: true, Statuses: exampleStatuses()})
	}
	var named []agentmsg.KanbanID
	for i := range c.channels {
		for _, id := range c.channels[i].AgentKanbans {
			named = append(named, id)
		}
	}
	slices.Sort(named) // a map has no order
	for _, id := range named {
		if id != "" && !slices.ContainsFunc(boards, func(b agentmsg.Kanban) bool { return b.ID == id }) {
			boards = append(boards, agentmsg.Kanban{ID: id, Order: len(boards), Statuses: exampleStatuses()})
		}
	}
	began := now()
	for i := range boards {
		b := &boards[i]
		b.Name, b.Slug = cmp.Or(b.Name, string(b.ID)), cmp.Or(b.Slug, string(b.ID))
		if b.CreatedAt.IsZero() {
			b.CreatedAt = began
		}
		if b.UpdatedAt.IsZero() {
			b.UpdatedAt = b.CreatedAt
		}
		b.Statuses, b.Fields = list(b.Statuses), list(b.Fields)
	}
	return boards
}

// exampleStatuses are those of the vendor's example.
func exampleStatuses() []agentmsg.KanbanStatus {
	return []agentmsg.KanbanStatus{
		{Value: "new", Label: "New", Color: "#1890ff"},
		{Value: "contacted", Label: "Contacted", Color: "#52c41a"},
		{Value: "qualified", Label: "Qualified", Color: "#722ed1"},
		{Value: "closed", Label: "Closed Won", Color: "#13c2c2"},
	}
}

func connectionsOf(c *config) []agentmsg.Connection {
	connections := slices.Clone(c.connections)
	began := agentmsg.EventTime(now())
	for i := range connections {
		if connections[i].CreatedAt.IsZero() {
			connections[i].CreatedAt = began
		}
		connections[i].PhoneNumbers = list(connections[i].PhoneNumbers)
	}
	return connections
}

// list copies a list; none is [] on the wire, not null.
func list[T any](given []T) []T { return append([]T{}, given...) }

// board is what a CRM event says of a board: its name and the status of a new
// record. Of one that is not known the name is the id, and the status "new".
func (w *world) board(id agentmsg.KanbanID) (name, status string) {
	name, status = string(id), "new"
	for _, b := range w.kanbans {
		if b.ID == id {
			name = b.Name
			if len(b.Statuses) > 0 {
				status = b.Statuses[0].Value
			}
		}
	}
	return name, status
}

// listKanbans gives one page of boards. Every board is accessible here. Ours.
func listKanbans(x *exchange) (result, error) {
	q, err := x.queries("limit", "nextToken", "accessible")
	if err != nil {
		return result{}, err
	}
	switch accessible, given := q["accessible"]; {
	case given && accessible != "true" && accessible != "false":
		return result{}, refuse(http.StatusBadRequest, "accessible must be true or false")
	case accessible == "true":
		return page("kanbans accessible", x.server.world.kanbans, q)
	}
	return page("kanbans", x.server.world.kanbans, q)
}

// listConnections gives one page of connections.
func listConnections(x *exchange) (result, error) {
	q, err := x.queries("type", "limit", "nextToken")
	if err != nil {
		return result{}, err
	}
	kind, given := q["type"]
	if !given {
		return page("connections", x.server.world.connections, q)
	}
	var found []agentmsg.Connection
	for _, c := range x.server.world.connections {
		if c.ConnectionType == kind {
			found = append(found, c)
		}
	}
	return page("connections "+kind, found, q)
}
