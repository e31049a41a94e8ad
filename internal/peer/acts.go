package peer

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Good is a success of every operation but those that hand out a URL.
const Good = `{"sessionId":"s","isNewSession":false,"userMessage":{"id":"m"},"aiPaused":true,"success":true,"messageId":"m","data":{"message":{"id":"m"}}}`

// Well is a success.
func Well(c net.Conn, r *http.Request) bool { return Answers(http.StatusOK, "", Good)(c, r) }

// Answers is a whole answer; header is lines that each end in \r\n.
func Answers(status int, header, body string) Act {
	return func(c net.Conn, _ *http.Request) bool {
		length := lengthOf(len(body))
		if status == http.StatusNoContent {
			length = ""
		}
		return write(c, statusLine(status)+length+header+"\r\n"+body)
	}
}

// Refusal is an answer whose text repeats the credential that was sent.
func Refusal(status int, header ...string) Act {
	return func(c net.Conn, r *http.Request) bool {
		sent := r.Header.Get("Authorization") + r.Header.Get("X-API-Key")
		return Answers(status, strings.Join(header, ""), `{"error":"Failure","message":"refused: `+sent+`"}`)(c, r)
	}
}

// Garbage is bytes that are no HTTP.
func Garbage(text string) Act {
	return func(c net.Conn, _ *http.Request) bool {
		write(c, text+"\r\n\r\n")
		return false
	}
}

// Torn is an answer whose header announces 100 bytes more than there are, and
// an end.
func Torn(status int, body string, end Act) Act {
	return func(c net.Conn, r *http.Request) bool {
		write(c, statusLine(status)+lengthOf(len(body)+100)+"\r\n"+body)
		return end(c, r)
	}
}

// TornChunks is a chunk, and an end instead of the last one.
func TornChunks(status int, body string, end Act) Act {
	return func(c net.Conn, r *http.Request) bool {
		write(c, statusLine(status)+"Transfer-Encoding: chunked\r\n\r\n"+strconv.FormatInt(int64(len(body)), 16)+"\r\n"+body+"\r\n")
		return end(c, r)
	}
}

// Unmeasured is an answer that ends with its connection.
func Unmeasured(status int, body string) Act {
	return func(c net.Conn, _ *http.Request) bool {
		write(c, statusLine(status)+"\r\n"+body)
		return false
	}
}

// Then is an act and another end of its connection.
func Then(a, end Act) Act {
	return func(c net.Conn, r *http.Request) bool {
		a(c, r)
		return end(c, r)
	}
}

// FIN ends the connection in order.
func FIN(net.Conn, *http.Request) bool { return false }

// RST resets it.
func RST(c net.Conn, _ *http.Request) bool {
	_ = c.(*net.TCPConn).SetLinger(0)
	return false
}

// Silence says nothing until the client has gone.
func Silence(c net.Conn, _ *http.Request) bool {
	_, _ = io.Copy(io.Discard, c)
	return false
}

// Trickle is a header, then a byte every 20 ms until the client has gone.
func Trickle(c net.Conn, _ *http.Request) bool {
	write(c, statusLine(http.StatusOK)+lengthOf(1000)+"\r\n")
	gone := make(chan struct{})
	go func() { defer close(gone); _, _ = io.Copy(io.Discard, c) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-gone:
			return false
		case <-tick.C:
			write(c, " ")
		}
	}
}

// Flood is so many blanks, and no length.
func Flood(status, size int) Act {
	return func(c net.Conn, _ *http.Request) bool {
		write(c, statusLine(status)+"\r\n")
		blanks := bytes.Repeat([]byte(" "), 64<<10)
		for sent := 0; sent < size; sent += len(blanks) {
			if _, err := c.Write(blanks); err != nil {
				return false
			}
		}
		return false
	}
}

func write(c net.Conn, text string) bool {
	_, err := io.WriteString(c, text)
	return err == nil
}

func statusLine(status int) string {
	return "HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n"
}

func lengthOf(n int) string { return "Content-Length: " + strconv.Itoa(n) + "\r\n" }
