package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"github.com/postern-project/postern/runtime/safefile"
)

// file is the file of a log. When its path leads to another file, because the old one
// was renamed or removed, that one is opened, or made, before the next record: a
// record in a file that nobody finds is none.
type file struct {
	path string

	mu     sync.Mutex // not held while anything is written
	f      *os.File   // guarded by mu
	tail   *tail      // guarded by mu: nil unless f is a regular file
	closed bool       // guarded by mu
}

func openFile(path string) (*file, error) {
	f, err := openAppend(path)
	if err != nil {
		return nil, err
	}
	return &file{path: path, f: f, tail: newTail(path, f)}, nil
}

// openAppend is [safefile.OpenAppend]. It refuses a file of another user that others may
// have put there: its owner could change and remove the records.
func openAppend(path string) (*os.File, error) {
	f, err := safefile.OpenAppend(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	owner := ""
	if err == nil {
		owner, err = safefile.CheckAppended(path, info)
	}
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	var folder *safefile.OwnerError
	if errors.As(err, &folder) {
		err = fmt.Errorf("it belongs to %s, and others may have put it there: %s", owner, folder.Text())
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: err}
}

// current returns the file that the path leads to. Replaced means that it is another
// one than before.
func (w *file) current() (f *os.File, t *tail, replaced bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, nil, false, os.ErrClosed
	}
	if w.tail == nil || w.leadsHere() {
		return w.f, w.tail, false, nil
	}
	f, err = openAppend(w.path)
	if err != nil {
		return nil, nil, false, withoutPath(err)
	}
	_ = errors.Join(w.f.Close(), w.tail.close()) // what was written to it was acknowledged
	w.f, w.tail = f, newTail(w.path, f)
	return w.f, w.tail, true, nil
}

// leadsHere reports whether the path still leads to the open file, or cannot be
// followed: a process that gave up its rights still has the file that it opened.
func (w *file) leadsHere() bool {
	there, err := os.Stat(w.path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
	}
	here, err := w.f.Stat()
	return err == nil && os.SameFile(there, here)
}

func (w *file) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	return errors.Join(w.f.Close(), w.tail.close())
}
