package safefile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// ErrNotRegular is in the tree of the error for a path that leads to something
// other than a regular file. The error's text names what is there.
var ErrNotRegular = errors.New("not a regular file")

// ErrChanged means that a file was replaced by another while it was opened.
var ErrChanged = errors.New("the file was replaced while it was opened")

// Open opens a regular file for reading. It follows symbolic links. Anything
// else, such as a pipe or a device, is [ErrNotRegular]; it is not opened unless
// it takes the file's place at this very moment, and even then Open does not
// wait for the other end of a pipe. The caller closes the file.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return open(path, info, openFlags)
}

// OpenNoFollow is [Open] for a path whose last element must not be a symbolic
// link; a link is [ErrNotRegular]. Links to folders further up are followed.
func OpenNoFollow(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	f, err := open(path, info, openFlags|noFollow)
	if err != nil {
		return nil, err
	}
	if opened, err := f.Stat(); err != nil || !os.SameFile(info, opened) {
		return nil, errors.Join(pathError("open", path, ErrChanged), f.Close())
	}
	return f, nil
}

func open(path string, info fs.FileInfo, flags int) (*os.File, error) {
	// Looked at before it is opened, because opening a pipe or a device may have
	// effects, and again afterwards, because another file may be there by then.
	if err := regular(path, info); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err == nil {
		err = regular(path, opened)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// OpenFolder opens a folder that only root and the current user can change: see
// [CheckOwner]. The path must not end in a symbolic link. The caller closes the
// folder.
func OpenFolder(path string) (*os.File, error) {
	f, err := os.OpenFile(path, folderFlags, 0)
	if err != nil {
		return nil, err
	}
	if err := checkFolder(path, f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func checkFolder(path string, f *os.File) error {
	if err := CheckOwner(path); err != nil {
		return err
	}
	// What the check has seen, nobody else can exchange any more. Before it, somebody
	// could.
	opened, err := f.Stat()
	if err != nil {
		return err
	}
	now, err := os.Lstat(path)
	switch {
	case err != nil:
		return err
	case !opened.IsDir():
		return pathError("open", path, errors.New("not a folder"))
	case !os.SameFile(opened, now):
		return pathError("open", path, ErrChanged)
	}
	return nil
}

// OpenAppend opens a log for appending. A missing file is created with mode 0600.
// An existing one must be a regular file that nobody may execute, or a character
// device, and not a symbolic link: the choice of a path for a log must not be a way
// to write programs, or to write elsewhere. The caller closes the file.
func OpenAppend(path string) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_APPEND
	before, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		var f *os.File
		if f, err = os.OpenFile(path, flags|os.O_CREATE|os.O_EXCL, 0o600); !errors.Is(err, fs.ErrExist) {
			return f, err
		}
		before, err = os.Lstat(path) // another process created it meanwhile
	}
	if err != nil {
		return nil, err
	}
	if before.Mode()&fs.ModeCharDevice == 0 {
		if err := regular(path, before); err != nil {
			return nil, err
		}
		if before.Mode().Perm()&0o111 != 0 {
			return nil, pathError("open", path, errExecutable)
		}
	}
	f, err := os.OpenFile(path, flags|noFollow, 0)
	if err != nil {
		return nil, err
	}
	if after, err := f.Stat(); err != nil || !os.SameFile(before, after) {
		return nil, errors.Join(pathError("open", path, ErrChanged), f.Close())
	}
	return f, nil
}

var errExecutable = errors.New("the file is executable")

// regular returns an error unless info describes a regular file.
func regular(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return pathError("open", path, &kindError{kind(info.Mode())})
}

// kindError is ErrNotRegular with the name of what is there instead.
type kindError struct{ kind string }

func (e *kindError) Error() string { return ErrNotRegular.Error() + " (" + e.kind + ")" }

func (e *kindError) Is(target error) bool { return target == ErrNotRegular }

func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "unknown type"
}

func pathError(op, path string, err error) error {
	return &fs.PathError{Op: op, Path: path, Err: err}
}

// Reason words an error for a message that names the file itself: without the
// operation and the path, and in the same words on every system for a missing
// file and a missing permission.
func Reason(err error) string {
	var (
		path   *fs.PathError
		link   *os.LinkError
		number syscall.Errno
		keep   *keepError
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &keep):
		return keep.Error()
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.As(err, &number):
		return number.Error()
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	}
	return err.Error()
}
