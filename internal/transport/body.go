package transport

import (
	"bytes"
	"io"
)

// MaxAnswer is the most that is read of an answer, decompressed.
const MaxAnswer = 8 << 20

// readBody reads r to its end, at most MaxAnswer bytes. The declared length
// (negative: unknown) is a hint for the first buffer and nothing more, since
// nothing proves it. What was read comes back with the error.
func readBody(r io.Reader, declared int64) ([]byte, error) {
	const smallest, largest = 512, 64 << 10
	size := min(declared, largest) + 1 // one more, to see the end without growing
	if declared <= 0 {
		size = smallest
	}
	b := make([]byte, 0, size)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > MaxAnswer:
			return b[:MaxAnswer], ErrResponseTooLarge
		case err == io.EOF:
			return b, nil
		case err != nil:
			return b, err
		case len(b) == cap(b):
			b = append(make([]byte, 0, min(2*cap(b), MaxAnswer+1)), b...)
		}
	}
}

// content is a request body over r, of a type that net/http knows to be in
// memory: it writes such a body along with the header, and others after it.
func content(r *bytes.Reader, payload []byte) io.ReadCloser {
	r.Reset(payload)
	return io.NopCloser(r)
}
