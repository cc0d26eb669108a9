package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
)

// location is where a granted path leads: a name, with forward slashes, in an open
// folder.
type location struct {
	*folder
	name  string
	write bool
}

// locate finds the grant that covers path and opens its folder. A granted file is
// a name in its parent folder.
func (f *Files) locate(c *capability.Call, path string) (location, abi.Status) {
	granted, ok := f.find(path)
	if !ok || goruntime.GOOS == "windows" && strings.Contains(path[len(filepath.VolumeName(path)):], ":") {
		return location{}, c.Deny("no files grant covers the path", path)
	}
	dir, name := granted.path, "."
	if path != granted.path {
		name = filepath.ToSlash(strings.TrimLeft(path[len(granted.path):], string(filepath.Separator)))
	} else if info, err := os.Stat(granted.path); err != nil || !info.IsDir() {
		dir, name = filepath.Dir(granted.path), filepath.Base(granted.path)
	}
	open, err := stateOf(c).folder(dir)
	if err != nil {
		return location{}, statusOf(c, err, path)
	}
	return location{open, name, granted.write}, abi.OK
}

// notRegular is why a pipe, a socket, a device or a folder is denied.
const notRegular = "the path is not a regular file"

// statusOf returns the status for an error of the file system.
func statusOf(c *capability.Call, err error, path string) abi.Status {
	var number syscall.Errno
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG):
		return abi.NotFound
	case errors.Is(err, fs.ErrPermission):
		return abi.Forbidden
	case errors.Is(err, syscall.EROFS):
		return abi.ReadOnly
	case errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.EOPNOTSUPP):
		return c.Deny(notRegular, path)
	case errors.Is(err, errMoved), errors.As(err, &number) && number != syscall.ELOOP:
		return abi.Unavailable
	}
	// An error that does not come from the system is the refusal of os.Root.
	return c.Deny("the path leads out of its files grant", path)
}
