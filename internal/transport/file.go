package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// Source is a request body that is not in memory. Each attempt that is sent
// opens it once, when the first byte is due and not before.
type Source struct {
	Open        func() (io.ReadCloser, error)
	Size        int64 // exactly what Open's reader must give
	ContentType string
	// Once: Open works a single time, so no attempt may follow the one that
	// opened it.
	Once bool
	// Progress, where there is one, hears of what was sent, on the goroutine
	// that sends; 0 at the beginning of each attempt.
	Progress func(sent, total int64)

	spent   atomic.Bool
	opening sync.Mutex // one Open at a time: a lost attempt's may still be running
}

// Spent is true when the source cannot be sent again.
func (s *Source) Spent() bool { return s.Once && s.spent.Load() }

// SourceError is a source that cannot be sent as it was announced.
type SourceError struct {
	Declared, Got int64
	More          bool  // it has more than Got
	Err           error // why it ended early; nil: it was over
}

// Error names both sizes.
func (e *SourceError) Error() string {
	switch {
	case e.More:
		return fmt.Sprintf("the file is longer than declared: %d bytes were announced, and there are at least %d", e.Declared, e.Got+1)
	case e.Err != nil:
		return fmt.Sprintf("the file failed after %d of %d bytes: %v", e.Got, e.Declared, e.Err)
	}
	return fmt.Sprintf("the file is shorter than declared: %d bytes were announced, and there are %d", e.Declared, e.Got)
}

// Unwrap returns why the source ended early.
func (e *SourceError) Unwrap() error { return e.Err }

// upload is the body of one attempt.
type upload struct {
	source *Source
	sent   int64         // of the goroutine that reads
	over   chan struct{} // closed by Close
	stop   func() bool   // takes Close off the context

	mu     sync.Mutex // over what Close may meet in the middle of Read; never held while the file is at work
	file   io.ReadCloser
	closed bool
	failed *SourceError
}

// newUpload is closed when its attempt's context ends: over HTTP/1 net/http
// waits for a Read, however long it takes.
func newUpload(ctx context.Context, s *Source) *upload {
	u := &upload{source: s, over: make(chan struct{})}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.stop = context.AfterFunc(ctx, func() { _ = u.Close() })
	return u
}

var errNoFile = errors.New("its Open gave neither a reader nor an error")

// Read gives the source's bytes. It never gives the last of them before it
// knows that there are no more: a file that is too long must not arrive cut.
func (u *upload) Read(p []byte) (int, error) {
	left := u.source.Size - u.sent
	if left == 0 {
		return 0, io.EOF
	}
	file, err := u.begin()
	if err != nil {
		return 0, err
	}
	n, err := file.Read(p[:min(int64(len(p)), left)])
	if n == 0 && err == nil {
		return 0, nil
	}
	if int64(n) == left {
		if err := u.atEnd(file, err); err != nil {
			return 0, err
		}
	} else if err != nil {
		return 0, u.fail(&SourceError{Declared: u.source.Size, Got: u.sent + int64(n), Err: unlessEOF(err)})
	}
	u.sent += int64(n)
	u.progress()
	return n, nil
}

// begin opens the source at the first byte. An attempt that is over waits for
// no Open.
func (u *upload) begin() (io.ReadCloser, error) {
	if file, err := u.opened(); file != nil || err != nil {
		return file, err
	}
	opened := make(chan error, 1)
	go func() { opened <- u.open() }()
	select {
	case err := <-opened:
		if err != nil {
			return nil, err
		}
	case <-u.over:
		return nil, io.ErrClosedPipe
	}
	u.progress()
	return u.opened()
}

func (u *upload) open() error {
	u.source.opening.Lock()
	defer u.source.opening.Unlock()
	if _, err := u.opened(); err != nil { // while it waited for another attempt's
		return err
	}
	u.source.spent.Store(true)
	file, err := u.source.Open()
	if file == nil && err == nil {
		err = errNoFile
	}
	if err != nil {
		return u.fail(&SourceError{Declared: u.source.Size, Err: err})
	}
	if !u.take(file) {
		_ = file.Close()
		return io.ErrClosedPipe
	}
	return nil
}

func (u *upload) opened() (io.ReadCloser, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return nil, io.ErrClosedPipe
	}
	return u.file, nil
}

// take is false when the attempt was over before the source was open.
func (u *upload) take(file io.ReadCloser) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.closed {
		u.file = file
	}
	return !u.closed
}

// atEnd makes sure that the source ends here. err came with its last bytes.
func (u *upload) atEnd(file io.Reader, err error) error {
	const patience = 100 // reads that give nothing
	var one [1]byte
	for tries := 0; err == nil; tries++ {
		var n int
		n, err = file.Read(one[:])
		switch {
		case n > 0:
			return u.fail(&SourceError{Declared: u.source.Size, Got: u.source.Size, More: true})
		case err == nil && tries == patience:
			err = io.ErrNoProgress
		}
	}
	if unlessEOF(err) != nil {
		return u.fail(&SourceError{Declared: u.source.Size, Got: u.source.Size, Err: err})
	}
	return nil
}

// fail keeps what is wrong with the file. What a reader says after Close is
// not that: HTTP/2 closes a body in the middle of Read when the attempt ends.
func (u *upload) fail(e *SourceError) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return io.ErrClosedPipe
	}
	u.failed = e
	return e
}

// failure is what is wrong with the file; nil: nothing so far.
func (u *upload) failure() *SourceError {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.failed
}

// progress tells nothing once the attempt is over.
func (u *upload) progress() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.source.Progress != nil && !u.closed {
		u.source.Progress(u.sent, u.source.Size)
	}
}

// Close closes what was opened, once. Nothing is opened, read or told after it.
func (u *upload) Close() error {
	u.mu.Lock()
	u.stop()
	file := u.file
	if !u.closed {
		close(u.over)
	}
	u.file, u.closed = nil, true
	u.mu.Unlock()
	if file == nil {
		return nil
	}
	return file.Close()
}

func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
