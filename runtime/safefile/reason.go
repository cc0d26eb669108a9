package safefile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

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
