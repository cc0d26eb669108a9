package safefile

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Replace writes data to the file at path atomically: readers see
// the old content or the new one, and so does the disk after a crash. The new
// file belongs to the current user and has the permissions perm, whatever the
// umask. An old file of any kind but a folder is replaced; a symbolic link is not
// followed.
func Replace(path string, data []byte, perm fs.FileMode) error {
	return replace(path, data, perm, false)
}

// ReplaceSoon is [Replace] that does not wait for the disk. After a crash of the system
// the file may be the old or the new one, empty or torn: it is for those who can tell.
func ReplaceSoon(path string, data []byte, perm fs.FileMode) error {
	return replace(path, data, perm, true)
}

func replace(path string, data []byte, perm fs.FileMode, soon bool) error {
	r, err := Create(path)
	if err != nil {
		return err
	}
	defer r.Abandon()
	r.soon = soon
	if _, err := r.Write(data); err != nil {
		return err
	}
	return r.Commit(perm)
}

// Replacement is a new file that takes the place of another once it is complete.
// Until then it lies in the same folder under a temporary name, with mode 0600
// and locked, so that [RemoveAbandoned] can distinguish it from what a killed
// process left. One goroutine at a time may use it.
type Replacement struct {
	file *os.File
	dir  folder
	temp string
	name string
	done bool
	soon bool // do not wait for the disk

	before func() error
}

// folder is where a file is replaced: an *os.Root, or a folder by its path.
type folder interface {
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	Rename(oldname, newname string) error
	Remove(name string) error
	Lstat(name string) (fs.FileInfo, error)
}

// pathFolder reaches each file by its path, so it needs no permission to read
// the folder. It is empty or ends in a separator, as from split, and keeps its "..":
// what is before them may be a symbolic link.
type pathFolder string

func (d pathFolder) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(string(d)+name, flag, perm)
}

func (d pathFolder) Rename(oldname, newname string) error {
	return os.Rename(string(d)+oldname, string(d)+newname)
}

func (d pathFolder) Remove(name string) error { return os.Remove(string(d) + name) }

func (d pathFolder) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(string(d) + name) }

// Create begins to replace the file at path. Call [Replacement.Commit] when all
// is written, and [Replacement.Abandon] in any case. A ".." after a symbolic link
// leads where it does for the system.
func Create(path string) (*Replacement, error) {
	dir, name := split(path)
	if name == "" || name == "." || name == ".." {
		return nil, pathError("create", path, fs.ErrInvalid)
	}
	return create(pathFolder(dir), name, ".")
}

// CreateIn is [Create] for an entry of the folder dir. The name must have no
// separator. The temporary name begins with two dots, which hides it from modules
// that may list the folder.
func CreateIn(dir *os.Root, name string) (*Replacement, error) {
	if filepath.Base(name) != name || !filepath.IsLocal(name) || name == "." {
		return nil, pathError("create", name, fs.ErrInvalid)
	}
	return create(dir, name, "..")
}

func create(dir folder, name, hidden string) (*Replacement, error) {
	var err error
	for range 10 { // RemoveAbandoned may take a file between its creation and its lock
		r := &Replacement{dir: dir, temp: hidden + tempPrefix(name) + randomDigits(), name: name}
		if r.file, err = dir.OpenFile(r.temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			if err = lockTemp(r.file); err == nil {
				return r, nil
			}
			r.Abandon()
		} else if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return nil, err
}

// Write adds to the new file.
func (r *Replacement) Write(p []byte) (int, error) { return r.file.Write(p) }

// Before sets what is asked last of all, when all but the new name is done. If it returns
// an error, that is the error of Commit, and the old file stays.
func (r *Replacement) Before(check func() error) { r.before = check }

// Commit gives the new file the permissions perm and puts it in place. When it
// returns nil the file is on disk under its final name. After an error the old
// file is there, unless only the folder could not be written to disk.
func (r *Replacement) Commit(perm fs.FileMode) error {
	return r.commit(func() error { return nil }, func() error { return r.file.Chmod(perm.Perm()) })
}

// CommitLike is [Replacement.Commit] with the permissions, the owner and the group
// of old, which describes the file that is replaced, and on Linux with its access
// list and its extended attributes. What cannot be kept is [ErrNotKept]: the owner, if
// the current user may not give files away, and an attribute or access list that
// cannot be set. A file with several hard links is [ErrHardLinks], and one on which something
// is mounted [ErrMountPoint]. If another process has
// replaced old by a file with the same owner, group and permissions, that one is replaced.
//
// The group is the exception. Where it cannot be kept, the group and others keep
// only the permissions that both had, so that nobody gains one.
func (r *Replacement) CommitLike(old fs.FileInfo) error {
	return r.CommitLikeWith(old, func(perm fs.FileMode) fs.FileMode { return perm })
}

// CommitLikeWith is [Replacement.CommitLike] with the permissions that permit
// returns, given those that CommitLike would set.
func (r *Replacement) CommitLikeWith(old fs.FileInfo, permit func(fs.FileMode) fs.FileMode) error {
	perm := old.Mode().Perm()
	return r.commit(func() error {
		var err error
		perm, err = r.copyAttributes(old)
		return err
	}, func() error { return r.file.Chmod(permit(perm).Perm()) })
}

// commit puts the new file in place. It gets its permissions last of all: until
// then a killed process leaves a file that only its owner can read.
func (r *Replacement) commit(prepare, permit func() error) error {
	if r.done {
		return pathError("replace", r.name, fs.ErrClosed)
	}
	err := prepare()
	if err == nil && !r.soon {
		err = r.file.Sync()
	}
	if err == nil {
		err = permit()
	}
	if err == nil {
		err = beforeRename(r.file)
	}
	if err == nil && r.before != nil {
		err = r.before()
	}
	if err == nil {
		err = asMountPoint(r.dir, r.name, r.dir.Rename(r.temp, r.name))
	}
	if err != nil {
		r.Abandon()
		return err
	}
	r.done = true
	if r.soon {
		return r.file.Close()
	}
	_ = r.file.Close() // its content is on disk since Sync
	return syncFolder(r.dir)
}

// Abandon removes the new file unless it was committed. It may be called more
// than once.
func (r *Replacement) Abandon() {
	if r.done {
		return
	}
	r.done = true
	abandon(r.file, func() { _ = r.dir.Remove(r.temp) })
}

// keepError is about something that a new file should have of the old one.
type keepError struct {
	what string
	err  error
}

func (e *keepError) Error() string { return e.what + " cannot be kept: " + Reason(e.err) }

func (e *keepError) Unwrap() error { return e.err }

func (e *keepError) Is(target error) bool { return target == ErrNotKept }

// RemoveIn removes a file in the folder dir, and writes the removal to disk.
func RemoveIn(dir *os.Root, name string) error {
	if err := asMountPoint(dir, name, dir.Remove(name)); err != nil {
		return err
	}
	return syncFolder(dir)
}

// asMountPoint returns [ErrMountPoint] for the error of the system that says that a file
// cannot be replaced or removed since it is one, and else err.
func asMountPoint(dir folder, name string, err error) error {
	if (errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV)) && mounted(dir, name) {
		return pathError("replace", name, ErrMountPoint)
	}
	return err
}

// IsMountPoint reports whether something is mounted on the file at path itself, such as
// another file with "-v FILE:FILE" of Docker. Such a file can be written, but neither
// replaced nor removed. It is false if that cannot be measured, as everywhere but on Linux.
func IsMountPoint(path string) bool {
	dir, name := split(path)
	return name != "" && name != "." && name != ".." && mounted(pathFolder(dir), name)
}

// ErrNotKept is in the tree of the error of [Replacement.CommitLike] for an owner,
// an access list or an attribute that the new file cannot have. The error's text
// names it.
var ErrNotKept = errors.New("something of the old file cannot be kept")

// ErrHardLinks is in the tree of the error of [Replacement.CommitLike] for a file
// with several names: a new file would take the place of one of them only.
var ErrHardLinks = errors.New("the file has other hard links, which would keep the old content")

// ErrMountPoint is in the tree of the error for a file on which something is mounted, so
// that it can be neither replaced nor removed.
var ErrMountPoint = errors.New("the file is a mount point, which cannot be replaced or removed: mount its folder instead")

// tempMark stands between the name of a file and the digits of a temporary name.
const tempMark = ".postern-"

// tempPrefix begins the temporary names for a file, after the dots. It leaves
// room for the rest within the 255 bytes that file systems allow.
func tempPrefix(name string) string {
	return strings.ToValidUTF8(name[:min(len(name), 200)], "_") + tempMark
}

func randomDigits() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return strconv.FormatUint(binary.LittleEndian.Uint64(b[:]), 10)
}

func onlyDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
