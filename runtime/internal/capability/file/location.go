package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/safefile"
)

// location is where a granted path leads: a name, with forward slashes, in an open
// folder.
type location struct {
	*folder
	name    string
	granted grantedPath
	only    names // that it must be the only name of

	named bool   // it is a file that its grant names
	led   string // where links have led, "" for the granted path
}

// locate finds the grant that covers path and opens its folder. A granted file is
// a name in its parent folder.
func (f *Files) locate(c *capability.Call, path string) (location, abi.Status) {
	granted, ok := f.find(path)
	if !ok || goruntime.GOOS == "windows" && strings.Contains(path[len(filepath.VolumeName(path)):], ":") {
		return location{}, c.Deny("no files grant covers the path", path)
	}
	c.Charge(8 * capability.SystemUnits) // the grant, its folder and who owns it
	dir, name := granted.path, "."
	if path != granted.path {
		name = filepath.ToSlash(strings.TrimLeft(path[len(granted.path):], string(filepath.Separator)))
	} else if info, err := os.Stat(granted.path); err != nil || !info.IsDir() {
		dir, name = filepath.Dir(granted.path), filepath.Base(granted.path)
	}
	open, err := stateOf(c).folder(c, granted.place(dir))
	if err != nil {
		return location{}, location{granted: granted}.refuse(c, err, path)
	}
	only, err := f.single(c, granted, path)
	if err != nil {
		return location{}, location{granted: granted}.refuse(c, err, path)
	}
	at := location{folder: open, name: name, granted: granted, only: only, named: path == granted.path && name != "."}
	if status := at.checkOwner(c); status != abi.OK {
		return location{}, status
	}
	f.sweep(c, at)
	return at, abi.OK
}

// notRegular is why a pipe, a socket, a device or a folder is denied.
const notRegular = "the path is not a regular file"

// checkOwner refuses what others can change, if the grant wants that. It runs after
// the folder was opened: what passes then, nobody else can exchange any more.
func (at location) checkOwner(c *capability.Call) abi.Status {
	if !at.granted.owned {
		return abi.OK
	}
	err := safefile.CheckOwner(at.granted.given) // with the links before ".."
	var owner *safefile.OwnerError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return abi.NotFound
	case errors.As(err, &owner):
		return c.Refuse(abi.Forbidden, owner.Error())
	case err != nil:
		return c.Refuse(abi.Forbidden, strconv.Quote(at.granted.path)+": "+safefile.Reason(err))
	}
	return abi.OK
}

// refuse returns the status for an error of the file system. Where the status alone
// does not say what to mend, the error of the call names the grant and the reason.
func (at location) refuse(c *capability.Call, err error, path string) abi.Status {
	if link := linkError(""); errors.As(err, &link) {
		reason := "the file, or a folder on its path, beneath " + strconv.Quote(at.granted.path) + " " + string(link) +
			": the value has two keys; add links: follow to the files grant to allow that"
		return c.Refuse(c.Deny(reason, path), reason)
	}
	if outside := outsideError(""); errors.As(err, &outside) {
		reason := strconv.Quote(at.granted.path) + " leads through a symbolic link to what " + outside.Error()
		return c.Refuse(c.Deny(reason, path), reason)
	}
	if errors.Is(err, errSpelling) {
		reason := "a folder beneath " + strconv.Quote(at.granted.path) + " has the name in another spelling, such as in upper case, and finds that file by it: name it as the folder has it"
		return c.Refuse(c.Deny(reason, path), reason)
	}
	if placed := (placedError{}); errors.As(err, &placed) {
		return c.Refuse(abi.Forbidden, placed.Error())
	}
	if place := (placeError{}); errors.As(err, &place) {
		reason := place.reason(strconv.Quote(at.granted.path))
		return c.Refuse(c.Deny(reason, path), reason)
	}
	status := at.statusOf(c, err, path)
	switch status {
	case abi.Forbidden, abi.Unavailable, abi.ReadOnly:
		return c.Refuse(status, strconv.Quote(at.granted.path)+": "+safefile.Reason(err))
	}
	return status
}

// noFolder is refuse for the folder of a file that is to be written.
func (at location) noFolder(c *capability.Call, err error, path string) abi.Status {
	if !errors.Is(err, fs.ErrNotExist) {
		return at.refuse(c, err, path)
	}
	return c.Refuse(abi.NotFound, strconv.Quote(at.granted.path)+": the folder of the file does not exist")
}

// statusOf returns the status for an error of the file system.
func (at location) statusOf(c *capability.Call, err error, path string) abi.Status {
	switch {
	case errors.Is(err, safefile.ErrHardLinks), errors.Is(err, safefile.ErrMountPoint):
		return c.Deny(safefile.Reason(err), path)
	case errors.Is(err, safefile.ErrNotKept):
		return abi.Forbidden
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG):
		return abi.NotFound
	case errors.Is(err, fs.ErrPermission):
		return abi.Forbidden
	case errors.Is(err, syscall.EROFS):
		return abi.ReadOnly
	case errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.EOPNOTSUPP):
		return c.Deny(notRegular, path)
	case errors.Is(err, syscall.ELOOP):
		return c.Deny("the path has a symbolic link to itself, or too many of them", path)
	case !isEscape(err):
		return abi.Unavailable
	}
	reason := "a symbolic link leads out of the granted folder " + strconv.Quote(at.granted.path) + ": to allow that, grant the path of the link itself"
	return c.Refuse(c.Deny(reason, path), reason)
}

// isEscape reports whether os.Root refused a path that leads out: that error alone
// comes neither from the system nor from here.
func isEscape(err error) bool {
	return !errors.Is(err, errMoved) && !errors.Is(err, errReplaced) && !errors.Is(err, fs.ErrNotExist) && !errors.As(err, new(syscall.Errno))
}
