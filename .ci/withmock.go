// Withmock runs a program, its argument, as a customer of the mock server: with
// the address and the token in its environment. The program is to send one
// message; withmock prints the conversation that came of it.
package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/mockserver"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "withmock:", err)
		os.Exit(1)
	}
}

func run(program string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	server, err := mockserver.New(mockserver.WithChannel(mockserver.Channel{ // the README's
		ID: "phone", Identifier: "+5521999887766", Type: agentmsg.ChannelTypeWhatsAppQR,
	}))
	if err != nil {
		return err
	}
	defer server.Close()
	listening := httptest.NewServer(server)
	defer listening.Close()

	child := exec.CommandContext(ctx, program)
	child.Env = []string{"MAIA_API_TOKEN=" + mockserver.DefaultMAIAToken, "MAIA_BASE_URL=" + listening.URL} // and nothing of ours
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	if err := child.Run(); err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	if err := server.Idle(ctx); err != nil { // the AI has answered
		return err
	}
	sessions := server.Sessions()
	if len(sessions) != 1 || len(sessions[0].Messages) != 2 {
		return fmt.Errorf("want one question and one answer, got %v", sessions)
	}
	_, err = fmt.Print(sessions[0])
	return err
}
