// Bare is the least that serves messages: what the mock's start, memory and
// rate are compared with.
package main

import (
	"fmt"
	"net"
	"net/http"

	"github.com/agentmsg/agentmsg/internal/bare"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("{\"url\":\"http://%s\"}\n", l.Addr())
	_ = http.Serve(l, bare.NewServer())
}
