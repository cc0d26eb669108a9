package safefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"time"
)

// ErrTooLarge is in the tree of the error for a file above the reader's limit.
// The error's text names the limit.
var ErrTooLarge = errors.New("too large")

// CutLineEnd returns b without the one line break that it ends with, "\n" or "\r\n", as
// editors put it after the only line of a file. A "\r" alone is not a line break. It copies
// nothing.
func CutLineEnd(b []byte) []byte {
	if n := len(b); n >= 2 && b[n-2] == '\r' && b[n-1] == '\n' {
		return b[:n-2]
	}
	return bytes.TrimSuffix(b, []byte{'\n'})
}

// Read returns the content of a regular file of at most limit bytes. See [Open]
// for what is refused and [ReadAll] for the limit.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return ReadAll(f, limit)
}

// ReadAll reads f, which may also be a pipe, from where it stands up to its end. More than
// limit bytes are [ErrTooLarge]; nothing is returned then, and what was read is cleared, as
// it may be secret.
func ReadAll(f *os.File, limit int64) ([]byte, error) {
	limit = min(max(limit, 0), math.MaxInt64-1)
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, pathError("read", f.Name(), &sizeError{limit})
	}
	return readAll(f, f.Name(), info.Size(), limit)
}

// ReadStream is [ReadAll] for what may be no file; name names it in errors.
func ReadStream(r io.Reader, name string, limit int64) ([]byte, error) {
	return readAll(r, name, 0, min(max(limit, 0), math.MaxInt64-1))
}

// readAll reads r, which has size bytes or, if that is 0, does not say its size.
func readAll(r io.Reader, name string, size, limit int64) ([]byte, error) {
	// One byte more than the file has, so that reading ends without another
	// buffer, which would leave a copy of the content behind.
	size++
	if size == 1 {
		size = min(512, limit+1) // it may give its content once only
	}
	b := make([]byte, 0, size)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case int64(len(b)) > limit:
			clear(b)
			return nil, pathError("read", name, &sizeError{limit})
		case err == io.EOF:
			return b, nil
		case err != nil:
			clear(b)
			return nil, err
		case len(b) == cap(b): // the file grew, or says nothing of its size
			grown := make([]byte, len(b), min(int64(2*cap(b)+512), limit+1))
			copy(grown, b)
			clear(b)
			b = grown
		}
	}
}

// sizeError is ErrTooLarge with the limit.
type sizeError struct{ limit int64 }

func (e *sizeError) Error() string { return "larger than " + bytesText(e.limit) }

func (e *sizeError) Is(target error) bool { return target == ErrTooLarge }

// bytesText writes a number of bytes in the largest unit that has no fraction.
func bytesText(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// Changed returns when a file was last changed, and its number in the file system. That
// time includes changes of its mode and cannot be set, unlike the time of writing in
// info. Windows says both of an open file only: there f is the file that info
// describes, elsewhere it may be nil. What the system does not say is the zero time
// and 0.
func Changed(info fs.FileInfo, f *os.File) (at time.Time, number uint64) { return changed(info, f) }
