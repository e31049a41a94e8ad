// Agentmsg is the mock server as a program, for applications in any language:
//
//	go install github.com/agentmsg/agentmsg/cmd/agentmsg@latest
//	agentmsg mock
package main

import (
	"context"
	"os"

	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/command"
)

func main() {
	os.Exit(command.Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
