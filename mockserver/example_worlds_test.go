package mockserver_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

// Two tests share one address. Each invents a credential, and has a server of
// its own behind it.
func ExampleNewWorlds() {
	ctx := context.Background()
	worlds, err := mockserver.NewWorlds(100)
	if err != nil {
		log.Fatal(err)
	}
	defer worlds.Close()
	listening := httptest.NewServer(worlds)
	defer listening.Close()

	for _, credential := range []string{"test_one", "test_two"} {
		client, err := agentmsg.NewClient(agentmsg.WithMAIA(credential), agentmsg.WithBaseURL(agentmsg.MAIA, listening.URL))
		if err != nil {
			log.Fatal(err)
		}
		defer client.CloseIdleConnections()
		if _, err := client.Messages.Send(ctx, agentmsg.SendMessageParams{
			Channel: agentmsg.APIChannel("support"), SessionID: "s1", Content: "I am " + credential,
		}); err != nil {
			log.Fatal(err)
		}
	}
	for _, credential := range []string{"test_one", "test_two"} {
		server := worlds.World(credential)
		if err := server.Idle(ctx); err != nil {
			log.Fatal(err)
		}
		session, _ := server.Session("s1")
		fmt.Print(session)
	}
	// Output:
	// customer: I am test_one
	// ai: You said: I am test_one
	// customer: I am test_two
	// ai: You said: I am test_two
}
