package transport

import "io"

// Sink takes the body of a success as it comes, instead of Result.Body.
type Sink struct {
	To io.Writer
	// Max is the most bytes that To gets; 0: no bound. What is longer ends in
	// Over: before the first byte where the answer says how long it is, else
	// once To has got the first Max bytes.
	Max  int64
	Over error
	// Whole: the attempt's time-out is for all of it, not for a silence.
	Whole   bool
	Written int64
	// Err is why To took or got no more; nil: it took all.
	Err error
}

// drain copies an answer, of declared bytes where it says so (negative: it does
// not). alive is called before each read and quiet after it, so that only the
// server's silence counts, not the writer's.
func (s *Sink) drain(from io.Reader, declared int64, alive, quiet func()) error {
	if s.Max > 0 && declared > s.Max {
		s.Err = s.Over
		return s.Err
	}
	buf := make([]byte, 32<<10)
	for {
		alive()
		n, err := from.Read(buf)
		quiet()
		if n > 0 {
			if s.Err = s.take(buf[:n]); s.Err != nil {
				return s.Err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// take writes what may still be written.
func (s *Sink) take(b []byte) error {
	var over error
	if left := s.Max - s.Written; s.Max > 0 && int64(len(b)) > left {
		b, over = b[:left], s.Over
	}
	if len(b) == 0 {
		return over
	}
	written, err := s.To.Write(b)
	s.Written += int64(max(0, min(written, len(b))))
	switch {
	case err != nil:
		return err
	case written != len(b):
		return io.ErrShortWrite
	}
	return over
}
