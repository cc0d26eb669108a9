//go:build unix

package childproc

import (
	"errors"
	"io"
	"os"
	"time"
)

// stream copies one output of the child to its destination.
type stream struct {
	from  *os.File // a pipe, or the pseudo-terminal
	to    io.Writer
	mask  io.Closer     // nil if the stream is not masked
	done  chan struct{} // closed when everything is copied
	wrote func()        // called after the child has written; may be nil
}

// pipeSize is the default pipe-max-size of Linux; a terminal buffers less.
const pipeSize = 1 << 20

func newStream(from *os.File, to io.Writer, mask func(io.Writer) io.WriteCloser) *stream {
	s := &stream{from: from, to: to, done: make(chan struct{})}
	if mask != nil {
		w := mask(to)
		s.to, s.mask = w, w
	}
	return s
}

// copy copies until the child closes its end, the deadline passes, or writing fails.
// It then closes from, so that the child gets an error if it writes more.
func (s *stream) copy() {
	defer close(s.done)
	defer func() { _ = s.from.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := s.from.Read(buf)
		if n > 0 {
			if _, e := s.to.Write(buf[:n]); e != nil {
				return
			}
		}
		if s.wrote != nil {
			s.wrote()
		}
		if errors.Is(err, os.ErrDeadlineExceeded) && !s.rest(buf) {
			return
		}
		if err != nil {
			break
		}
	}
	if s.mask != nil {
		_ = s.mask.Close()
	}
}

// rest copies what is buffered when the deadline has passed, without waiting. It
// copies at most pipeSize bytes, in case a process keeps writing. It reports whether
// writing succeeded.
func (s *stream) rest(buf []byte) bool {
	raw, err := s.from.SyscallConn()
	if err != nil {
		return true
	}
	for left := pipeSize; left > 0; {
		n := 0
		// Read fails after the deadline even if there are buffered bytes.
		if e := raw.Control(func(fd uintptr) { n, err = readNow(fd, buf[:min(len(buf), left)]) }); e != nil || err != nil || n <= 0 {
			return true
		}
		if _, err := s.to.Write(buf[:n]); err != nil {
			return false
		}
		left -= n
	}
	return true
}

// expire sets the deadline for copying, counted from now.
func (s *stream) expire(delay time.Duration) { _ = s.from.SetReadDeadline(time.Now().Add(delay)) }
