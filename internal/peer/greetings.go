package peer

import (
	"io"
	"net"
)

// Reset resets each connection at once.
func Reset(_ int, c net.Conn) bool { return RST(c, nil) }

// ResetFirst resets the first once it has brought so many bytes: an earlier
// reset would sometimes meet the dialer. The others are served.
func ResetFirst(after int) Greeting {
	return func(nth int, c net.Conn) bool {
		if nth > 0 {
			return true
		}
		_, _ = io.ReadFull(c, make([]byte, after))
		return RST(c, nil)
	}
}

// Stall accepts, and says nothing.
func Stall(_ int, c net.Conn) bool { return Silence(c, nil) }

// NoTLS answers a TLS greeting the way a plain HTTP server does.
func NoTLS(_ int, c net.Conn) bool {
	_, _ = c.Read(make([]byte, 4096))
	write(c, "HTTP/1.0 400 Bad Request\r\n\r\n")
	return Silence(c, nil)
}
