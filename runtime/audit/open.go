package audit

import (
	"errors"
	"io/fs"
	"os"
)

var (
	errNotRegular = errors.New("not a regular file")
	errExecutable = errors.New("the file is executable")
	errReplaced   = errors.New("the file was replaced while it was opened")
)

// Open returns a log that appends to the file at path, which is made with mode
// 0600 if it is absent. It follows no symbolic link in the last element, and
// appends to nothing that might be run: a configuration that names a log must
// not be a way to write elsewhere. A character device is accepted. Errors do
// not repeat the path.
func Open(path string, o Options) (*Log, error) {
	f, err := openFile(path)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, err
	}
	l := New(f, o)
	l.file = f
	return l, nil
}

func openFile(path string) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_APPEND
	before, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := os.OpenFile(path, flags|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
		before, err = os.Lstat(path) // another process was faster
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	device := before.Mode()&fs.ModeCharDevice != 0
	switch {
	case !before.Mode().IsRegular() && !device:
		return nil, errNotRegular
	case !device && before.Mode().Perm()&0o111 != 0:
		return nil, errExecutable
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, err
	}
	if after, err := f.Stat(); err != nil || !os.SameFile(before, after) {
		return nil, errors.Join(errReplaced, f.Close())
	}
	return f, nil
}
