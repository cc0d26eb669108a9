//go:build unix

package childproc

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// stream copies one output of the child to its destination.
type stream struct {
	from  *os.File      // a pipe, or the pseudo-terminal
	dest  io.Writer     // of the caller
	to    io.Writer     // dest, or the mask before it
	mask  io.Closer     // nil if the stream is not masked
	done  chan struct{} // closed when everything is copied, or copying has failed
	err   error         // why output was lost; valid after done
	wrote func()        // called after the child has written; may be nil

	written atomic.Int64 // bytes that were written to dest
}

// pipeSize is the default pipe-max-size of Linux; a terminal buffers less.
const pipeSize = 1 << 20

func newStream(from *os.File, to io.Writer, mask func(io.Writer) io.WriteCloser) *stream {
	s := &stream{from: from, dest: to, done: make(chan struct{})}
	s.to = (*pieces)(s)
	if mask != nil {
		w := mask(s.to)
		s.to, s.mask = w, w
	}
	return s
}

// pieces writes to the destination of a stream in small pieces, so that it shows whether
// anybody reads them.
type pieces stream

// pieceSize is what a pipe takes as a whole.
const pieceSize = 4096

func (s *pieces) Write(b []byte) (n int, err error) {
	for err == nil && n < len(b) {
		var some int
		some, err = s.dest.Write(b[n:min(len(b), n+pieceSize)])
		n += some
		s.written.Add(int64(some))
	}
	return n, err
}

// copy copies until the child closes its end, the deadline passes, or writing fails.
// It then closes from, so that the child gets an error if it writes more.
func (s *stream) copy() {
	defer close(s.done)
	defer func() { _ = s.from.Close() }()
	s.err = s.copyAll()
	if s.mask == nil {
		return
	}
	if err := s.mask.Close(); s.err == nil { // which writes what was held back
		s.err = err
	}
}

// copyAll returns the error of the destination.
func (s *stream) copyAll() error {
	buf := make([]byte, 64<<10)
	for {
		n, err := s.from.Read(buf)
		if n > 0 {
			if e := s.write(buf[:n]); e != nil {
				return e
			}
		}
		if s.wrote != nil {
			s.wrote()
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return s.rest(buf)
		}
		if err != nil {
			return nil
		}
	}
}

// write writes what the child has written, and clears b, which may hold values.
func (s *stream) write(b []byte) error {
	defer clear(b)
	_, err := s.to.Write(b)
	return err
}

// rest copies what is buffered when the deadline has passed, without waiting. It
// copies at most pipeSize bytes, in case a process keeps writing. It returns the
// error of the destination.
func (s *stream) rest(buf []byte) error {
	raw, err := s.from.SyscallConn()
	if err != nil {
		return nil
	}
	for left := pipeSize; left > 0; {
		n := 0
		// Read fails after the deadline even if there are buffered bytes.
		if e := raw.Control(func(fd uintptr) { n, err = readNow(fd, buf[:min(len(buf), left)]) }); e != nil || err != nil || n <= 0 {
			return nil
		}
		if err := s.write(buf[:n]); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// expire sets the deadline for copying, counted from now.
func (s *stream) expire(delay time.Duration) { _ = s.from.SetReadDeadline(time.Now().Add(delay)) }

// held reports whether a process still has the other end of the stream. It does not
// depend on what is buffered.
func (s *stream) held() bool {
	raw, err := s.from.SyscallConn()
	if err != nil {
		return false
	}
	held := false
	_ = raw.Control(func(fd uintptr) {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		_, err := unix.Poll(poll, 0)
		held = err == nil && poll[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) == 0
	})
	return held
}
