package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/agentmsg/agentmsg/bench/internal/peers"
)

// The environment makes this program one of its own children.
const (
	envServe  = "AGENTMSG_BENCH_SERVE"
	envUpload = "AGENTMSG_BENCH_UPLOAD"
)

var errParent = errors.New("this process is the parent")

// child does a child's work, or returns errParent.
func child(ctx context.Context) error {
	switch {
	case os.Getenv(envServe) != "":
		return serve()
	case os.Getenv(envUpload) != "":
		return uploadOnce(ctx, os.Getenv(envUpload))
	}
	return errParent
}

// startServer starts the server of all loopback measures, in a process of its
// own, so that what it costs is not counted as the clients'.
func startServer(ctx context.Context) (base string, stop func(), err error) {
	cmd, err := self(ctx, envServe+"=1")
	if err != nil {
		return "", nil, err
	}
	in, err := cmd.StdinPipe() // it ends when this closes, also when we are killed
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the server did not start: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}

func self(ctx context.Context, env string) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path) //nolint:gosec // ourselves
	cmd.Env, cmd.Stderr = append(os.Environ(), env), os.Stderr
	return cmd, nil
}

// serve answers the peers' calls and takes uploads until its standard input
// ends.
func serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	mux := http.NewServeMux()
	mux.Handle("/", peers.Handler(peers.All()))
	peers.HandleUploads(mux, base)
	go func() { _ = http.Serve(listener, mux) }() //nolint:gosec // a benchmark's own
	fmt.Println(base)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// newHTTPClient is a client whose pool holds the connections of all callers.
func newHTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024}}
}
