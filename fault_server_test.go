package agentmsg_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Everything secret in the fault tests has this word in it, so that one search
// finds any of it in a text.
const (
	secretWord  = "s3cr3t"
	secretToken = "maia-token-" + secretWord
	secretKey   = "blubash-key-" + secretWord
	secretQuery = "sig=" + secretWord
)

// faultAct is what a server does with a request that it has read whole; false: the
// connection is over.
type faultAct func(c net.Conn, r *http.Request) (keep bool)

// faultServer is a raw loopback server. It has a script for its first
// requests and answers the others well.
type faultServer struct {
	listener net.Listener
	accept   func(nth int, c net.Conn) bool // false: the connection is over
	workers  sync.WaitGroup

	mu       sync.Mutex
	script   []faultAct
	conns    map[net.Conn]bool
	requests []*http.Request // read whole
}

func newFaultServer(t *testing.T, script ...faultAct) *faultServer {
	t.Helper()
	return acceptingServer(t, nil, script...)
}

// acceptingServer does something with each connection before it reads.
func acceptingServer(t *testing.T, accept func(nth int, c net.Conn) bool, script ...faultAct) *faultServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &faultServer{listener: l, accept: accept, script: script, conns: map[net.Conn]bool{}}
	s.workers.Go(s.serve)
	t.Cleanup(s.close)
	return s
}

func (s *faultServer) url() string { return "http://" + s.listener.Addr().String() }

func (s *faultServer) serve() {
	for nth := 0; ; nth++ {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.workers.Go(func() { s.talk(nth, c) })
	}
}

func (s *faultServer) talk(nth int, c net.Conn) {
	defer func() { _ = c.Close() }()
	if s.accept != nil && !s.accept(nth, c) {
		return
	}
	for in := bufio.NewReader(c); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !s.next(r)(c, r) {
			return
		}
	}
}

func (s *faultServer) next(r *http.Request) faultAct {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.requests)
	s.requests = append(s.requests, r)
	if n < len(s.script) {
		return s.script[n]
	}
	return well
}

// seen is how many whole requests arrived.
func (s *faultServer) seen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func (s *faultServer) close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.workers.Wait()
}

const (
	goodReceipt = `{"sessionId":"s","isNewSession":false,"userMessage":{"id":"m"}}`
	goodPause   = `{"sessionId":"s","aiPaused":true}`
	goodReply   = `{"success":true,"messageId":"m"}`
)

// goodBody is a success of the route.
func goodBody(path string) string {
	switch {
	case strings.HasSuffix(path, "/ai-paused"):
		return goodPause
	case strings.HasPrefix(path, "/api/v1/"):
		return goodReply
	}
	return goodReceipt
}

func well(c net.Conn, r *http.Request) bool {
	return answers(http.StatusOK, "", goodBody(r.URL.Path))(c, r)
}

// wellAs is the success under another status.
func wellAs(status int) faultAct {
	return func(c net.Conn, r *http.Request) bool { return answers(status, "", goodBody(r.URL.Path))(c, r) }
}

// answers is a whole answer; header is lines that each end in \r\n.
func answers(status int, header, body string) faultAct {
	return func(c net.Conn, _ *http.Request) bool {
		length := "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
		if status == http.StatusNoContent {
			length = ""
		}
		_, err := io.WriteString(c, statusLine(status)+length+header+"\r\n"+body)
		return err == nil
	}
}

func statusLine(status int) string {
	return "HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n"
}

// refusal is an answer whose text repeats the credential that was sent.
func refusal(status int, header ...string) faultAct {
	return func(c net.Conn, r *http.Request) bool {
		sent := r.Header.Get("Authorization") + r.Header.Get("X-API-Key")
		return answers(status, strings.Join(header, ""), `{"error":"Failure","message":"refused: `+sent+`"}`)(c, r)
	}
}

// beginAnswer is a header, and a body that has no end but the connection's.
func beginAnswer(c net.Conn, status int, header string) {
	_, _ = io.WriteString(c, statusLine(status)+header+"\r\n")
}

// fin ends the connection in order, rst with a reset.
func fin(net.Conn, *http.Request) bool { return false }

func rst(c net.Conn, _ *http.Request) bool {
	_ = c.(*net.TCPConn).SetLinger(0)
	return false
}

// torn is a header, a few bytes of its body, and an end of the connection.
func torn(status int, end faultAct) faultAct {
	return func(c net.Conn, r *http.Request) bool {
		beginAnswer(c, status, "Content-Length: 100\r\n")
		_, _ = io.WriteString(c, `{"sess`)
		return end(c, r)
	}
}

// silence says nothing until the client has gone.
func silence(c net.Conn, _ *http.Request) bool {
	_, _ = io.Copy(io.Discard, c)
	return false
}

// trickle sends a header, then a byte every 20 ms until the client has gone.
func trickle(c net.Conn, _ *http.Request) bool {
	beginAnswer(c, http.StatusOK, "Content-Length: 1000\r\n")
	gone := make(chan struct{})
	go func() { defer close(gone); _, _ = io.Copy(io.Discard, c) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-gone:
			return false
		case <-tick.C:
			_, _ = io.WriteString(c, " ")
		}
	}
}

// flood sends so many blanks.
func flood(status int, header string, bytesOfIt int) faultAct {
	return func(c net.Conn, _ *http.Request) bool {
		beginAnswer(c, status, header)
		blanks := bytes.Repeat([]byte(" "), 64<<10)
		for sent := 0; sent < bytesOfIt; sent += len(blanks) {
			if _, err := c.Write(blanks); err != nil {
				return false
			}
		}
		return false
	}
}
