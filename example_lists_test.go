package agentmsg_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/agentmsg/agentmsg"
)

// boards are two pages.
var boards = standIn(func(r *http.Request, _ string) (int, string) {
	show("GET", r.URL.RequestURI())
	if r.URL.Query().Get("nextToken") == "" {
		return 200, `{"items":[{"id":"kanban-1","name":"Support"},{"id":"kanban-2","name":"Sales","isDefault":true}],"nextToken":"page-2"}`
	}
	return 200, `{"items":[{"id":"kanban-3","name":"Archive"}]}`
})

// One page, and the token of the next: for a list on a screen.
func ExampleKanbansService_List() {
	page, err := boards.client().Kanbans.List(context.Background(), agentmsg.ListKanbansParams{Limit: 2, Accessible: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(page.Items), page.Items[0].Name, page.NextToken)
	// Output:
	// GET /kanbans?accessible=true&limit=2
	// 2 Support page-2
}

// All of them, page by page as they are needed. An error comes in the place of
// an item, and ends the loop.
func ExampleKanbansService_All() {
	for board, err := range boards.client().Kanbans.All(context.Background(), agentmsg.ListKanbansParams{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(board.ID, board.Name)
	}
	// Output:
	// GET /kanbans
	// kanban-1 Support
	// kanban-2 Sales
	// GET /kanbans?nextToken=page-2
	// kanban-3 Archive
}

// Who has found what was looked for stops, and no further page is asked for.
func ExampleKanbansService_All_find() {
	for board, err := range boards.client().Kanbans.All(context.Background(), agentmsg.ListKanbansParams{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if board.IsDefault {
			fmt.Println("to transfer to:", board.ID)
			break
		}
	}
	// Output:
	// GET /kanbans
	// to transfer to: kanban-2
}

// The numbers behind a connection, of one type of connection.
func ExampleConnectionsService_List() {
	client := standIn(func(r *http.Request, _ string) (int, string) {
		fmt.Println("GET", r.URL.RequestURI())
		return 200, `{"items":[{"id":"conn-1","name":"Shop","createdAt":"2025-06-15T10:30:00.000Z","phoneNumbers":[{"displayPhoneNumber":"+55 21 99988-7766"}]}]}`
	}).client()
	page, err := client.Connections.List(context.Background(), agentmsg.ListConnectionsParams{Type: "whatsapp_custom_app"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, connection := range page.Items {
		fmt.Println(connection.Name, connection.PhoneNumbers[0].DisplayPhoneNumber, connection.CreatedAt.Year())
	}
	// Output:
	// GET /connections?type=whatsapp_custom_app
	// Shop +55 21 99988-7766 2025
}

// A server that gives the same token twice would be asked for ever: the loop
// ends with an error.
func ExampleConnectionsService_All() {
	client := standIn(func(*http.Request, string) (int, string) {
		return 200, `{"items":[{"id":"conn-1"}],"nextToken":"again"}`
	}).client()
	for connection, err := range client.Connections.All(context.Background(), agentmsg.ListConnectionsParams{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(connection.ID)
	}
	// Output:
	// conn-1
	// conn-1
	// agentmsg: Connections.List: GET /connections: 200, but the answer is unusable (1 attempt, Accepted): its nextToken is one that came before
}
