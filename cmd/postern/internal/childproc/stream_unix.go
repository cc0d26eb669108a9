//go:build unix

package childproc

import (
	"errors"
	"io"
	"os"
	"time"
)

// stream brings one output of the child to where it goes.
type stream struct {
	from  *os.File // a pipe, or the pseudo-terminal
	to    io.Writer
	mask  io.Closer     // nil when nothing is in between
	done  chan struct{} // closed when all is through
	wrote func()        // called when the child has written; nil for nothing
}

// pipeSize is more than a pipe or a terminal holds.
const pipeSize = 1 << 20

func newStream(from *os.File, to io.Writer, mask func(io.Writer) io.WriteCloser) *stream {
	s := &stream{from: from, to: to, done: make(chan struct{})}
	if mask != nil {
		w := mask(to)
		s.to, s.mask = w, w
	}
	return s
}

// copy runs until the child's side is closed, the time is over, or the
// destination takes no more. Closing from then tells the child.
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

// rest takes what is there when the time is over, and waits for nothing. Whoever
// goes on writing gets no more than what fits in a pipe.
func (s *stream) rest(buf []byte) bool {
	raw, err := s.from.SyscallConn()
	if err != nil {
		return true
	}
	for left := pipeSize; left > 0; {
		n := 0
		// A deadline that is over fails Read even where there is something.
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

// expire says that the child has ended.
func (s *stream) expire(delay time.Duration) { _ = s.from.SetReadDeadline(time.Now().Add(delay)) }
