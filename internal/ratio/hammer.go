//go:build unix

package ratio

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
)

// TB is what a Hammer needs of a *testing.B, so that a program can have one too.
type TB interface {
	Helper()
	Cleanup(f func())
	Error(args ...any)
	Fatal(args ...any)
}

// Hammer is kept connections to a handler, whose client costs next to nothing.
type Hammer struct {
	conns  []*bufio.ReadWriter
	status string
}

// NewHammer serves h on a loopback socket until b ends, and opens
// so many connections to it. Every answer must have the status.
func NewHammer(b TB, h http.Handler, connections, status int) *Hammer {
	b.Helper()
	server := httptest.NewServer(h)
	b.Cleanup(server.Close)
	x := &Hammer{status: fmt.Sprintf(" %d ", status)}
	for range connections {
		conn, err := net.Dial("tcp", server.Listener.Addr().String()) //nolint:noctx // a benchmark's own server
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		x.conns = append(x.conns, bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn)))
	}
	return x
}

// Hit sends n requests on each connection, one after another. request is the
// i-th of a connection, as bytes.
func (x *Hammer) Hit(b TB, n int, request func(connection, i int) string) {
	var done sync.WaitGroup
	for c, conn := range x.conns {
		done.Go(func() {
			for i := range n {
				_, _ = conn.WriteString(request(c, i))
				_ = conn.Flush()
				if err := x.readAnswer(conn.Reader); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	done.Wait()
}

func (x *Hammer) readAnswer(r *bufio.Reader) error {
	status, err := r.ReadSlice('\n')
	if err != nil || !strings.Contains(string(status), x.status) {
		return fmt.Errorf("%q %w", status, err)
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		switch text, is := strings.CutPrefix(string(line), "Content-Length: "); {
		case err != nil:
			return err
		case is:
			if length, err = strconv.Atoi(strings.TrimSpace(text)); err != nil {
				return err
			}
		case len(line) == 2:
			_, err := r.Discard(length)
			return err
		}
	}
}
