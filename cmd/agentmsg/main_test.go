package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the scripts compare with")

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"agentmsg": main}) }

// Each script runs the program as processes of their own.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true, UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Values[sceneKey{}] = &scene{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "occupy": occupy, "start": start, "end": end, "call": call, "begin": begin, "receiver": receiver, "arrived": arrived, "release": release,
		},
	})
}

// code runs a command that must end with an exit code.
func code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		got = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

// occupy takes an address, $TAKEN.
func occupy(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv("TAKEN", l.Addr().String())
}

// running is a mock that a script has started.
type running struct {
	cmd *exec.Cmd
	log bytes.Buffer
}

// scene is what the commands of one script share.
type scene struct {
	process *running
	arrived chan struct{}
	release func()
}

type sceneKey struct{}

func shared(ts *testscript.TestScript) *scene { return ts.Value(sceneKey{}).(*scene) }

// start starts a mock with further flags: $URL is where it is, $TOKEN its
// control token.
func start(ts *testscript.TestScript, _ bool, args []string) {
	s := shared(ts)
	path, err := exec.LookPath("agentmsg")
	ts.Check(err)
	r := &running{cmd: exec.CommandContext(context.Background(), path, append([]string{"mock", "--addr", "127.0.0.1:0", "--log", "json"}, args...)...)}
	r.cmd.Dir, r.cmd.Stderr = ts.MkAbs("."), &r.log
	out, err := r.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(r.cmd.Start())
	ts.Defer(func() {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		ts.Fatalf("it did not start: %v\n%s", err, r.log.String())
	}
	var said struct{ URL, ControlToken string }
	ts.Check(json.Unmarshal(line, &said))
	ts.Setenv("URL", said.URL)
	ts.Setenv("TOKEN", said.ControlToken)
	s.process = r
}

// end sends the mock a signal and waits for an exit code; its log is in the
// file log.
func end(ts *testscript.TestScript, _ bool, args []string) {
	r := shared(ts).process
	signals := map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": os.Interrupt}
	ts.Check(r.cmd.Process.Signal(signals[args[0]]))
	if release := shared(ts).release; release != nil && len(args) > 2 {
		release()
	}
	err := r.cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs("log"), r.log.Bytes(), 0o600))
	if got := strconv.Itoa(r.cmd.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("exit code %s (%v), not %s\n%s", got, err, args[1], r.log.String())
	}
}

// request is what call and begin send: method, path, body, then headers as
// name=value.
func request(ts *testscript.TestScript, args []string) *http.Request {
	body := ""
	if len(args) > 2 {
		body = args[2]
	}
	r, err := http.NewRequestWithContext(context.Background(), args[0], ts.Getenv("URL")+args[1], strings.NewReader(body))
	ts.Check(err)
	for _, h := range args[min(len(args), 3):] {
		name, v, _ := strings.Cut(h, "=")
		r.Header.Set(name, v)
	}
	return r
}

func client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// call asks the mock. The answer is the stdout, and must be a success unless
// the command is negated.
func call(ts *testscript.TestScript, neg bool, args []string) {
	answer, err := client().Do(request(ts, args))
	ts.Check(err)
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	ts.Check(err)
	_, _ = ts.Stdout().Write(b)
	if (answer.StatusCode > 299) != neg {
		ts.Fatalf("%d %s", answer.StatusCode, b)
	}
}

// begin is a call whose answer nobody waits for; it is under way.
func begin(ts *testscript.TestScript, _ bool, args []string) {
	r := request(ts, args)
	go func() {
		if answer, err := client().Do(r); err == nil {
			_ = answer.Body.Close()
		}
	}()
	for {
		answer, err := client().Do(request(ts, []string{http.MethodGet, "/_mock/wait?idle=true&timeout=20ms"}))
		ts.Check(err)
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusGatewayTimeout {
			return
		}
	}
}

// receiver takes webhooks at $HOOK: with a status, or, if that is hold, once
// the script releases it.
func receiver(ts *testscript.TestScript, _ bool, args []string) {
	s := shared(ts)
	s.arrived = make(chan struct{}, 100)
	held, let := context.WithCancel(context.Background())
	s.release = let
	status, err := strconv.Atoi(args[0])
	if args[0] == "hold" {
		status = http.StatusOK
	} else {
		ts.Check(err)
		let()
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		s.arrived <- struct{}{}
		select {
		case <-held.Done():
		case <-r.Context().Done():
		}
		w.WriteHeader(status)
	}))
	ts.Defer(func() {
		let()
		server.Close()
	})
	ts.Setenv("HOOK", server.URL)
}

// arrived waits until a webhook has.
func arrived(ts *testscript.TestScript, _ bool, _ []string) { <-shared(ts).arrived }

func release(ts *testscript.TestScript, _ bool, _ []string) { shared(ts).release() }
