package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/safefile"
)

// changeUnits is the charge for a change of a file besides its bytes.
const changeUnits = 32 << 10

// write replaces or creates a file, whole or not at all.
func (f *Files) write(c *capability.Call, path string, data []byte) abi.Status {
	if int64(len(data)) > f.limit() {
		return abi.TooLarge
	}
	return f.change(c, path, func(dir *os.Root, old *seen) error {
		if err := keepsOwner(c, path, old); err != nil {
			return err
		}
		return replace(c, dir, path, old, data)
	})
}

// remove removes a regular file.
func (f *Files) remove(c *capability.Call, path string) abi.Status {
	return f.change(c, path, func(dir *os.Root, old *seen) error {
		if old == nil {
			return fs.ErrNotExist
		}
		name := filepath.Base(path)
		if err := unchanged(dir, name, old); err != nil {
			return err
		}
		return safefile.RemoveIn(dir, name)
	})
}

// change calls do with the folder that holds the granted file and with the
// description of the file, nil if there is none. A symbolic link is denied:
// replacing it would cut it off from what others read through it.
func (f *Files) change(c *capability.Call, file string, do func(dir *os.Root, old *seen) error) abi.Status {
	at, status := f.locate(c, file)
	switch {
	case status != abi.OK:
		return status
	case !at.granted.write:
		return abi.ReadOnly
	case at.name == ".":
		return c.Deny(notRegular, file)
	}
	name := path.Base(at.name)
	if safefile.IsTemporaryIn(name) {
		return c.Deny("the name is kept for unfinished files", file)
	}
	c.Charge(changeUnits + walkCost(at.name))
	// The dot keeps the system from opening anything but a folder.
	dir, err := at.OpenRoot(path.Dir(at.name) + "/.")
	if err != nil {
		return at.noFolder(c, err, file)
	}
	defer dir.Close()
	if err := at.verifyFolder(dir); err != nil {
		return at.refuse(c, err, file)
	}
	// Other writers of this program wait here: none writes between the look at the file
	// and its replacement. Of other programs, [unchanged] asks.
	unlock, err := lock(c, dir)
	if err != nil {
		return at.refuse(c, err, file)
	}
	defer unlock()
	safefile.RemoveAbandonedIn(dir, notDone(c))
	info, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = nil
	case err != nil:
		return at.refuse(c, err, file)
	case info.Mode()&fs.ModeSymlink != 0:
		return linkToWrite(c, dir, name, file)
	case !info.Mode().IsRegular():
		return c.Deny(notRegular, file)
	}
	old := seenIn(dir, name, info)
	if old != nil && !at.only.isAny() {
		if err := at.holdsNow(dir, name); err != nil {
			return at.refuse(c, err, file)
		}
	}
	s := stateOf(c)
	if s.changed(file, old) || undecided(c, file, old) {
		return abi.Conflict // the change was made, or allowed, from a file that is out of date
	}
	// Even a change that failed may have taken place.
	defer s.forgetChanged(c)
	if err := do(dir, old); errors.Is(err, safefile.ErrChanged) {
		return abi.Conflict
	} else if err != nil {
		return at.refuse(c, err, file)
	}
	switch {
	case old != nil:
		warnNarrowed(c, dir, file, old)
	case !at.only.isAny():
		if err := at.holdsNow(dir, name); err != nil {
			_ = safefile.RemoveIn(dir, name)
			return at.refuse(c, err, file)
		}
	}
	return abi.OK
}

// linkToWrite denies a write of a name that is a link, with where that leads.
func linkToWrite(c *capability.Call, dir *os.Root, name, file string) abi.Status {
	reason := strconv.Quote(file) + " is a symbolic link, which a write would replace: name the file that it leads to"
	if target, err := dir.Readlink(name); err == nil {
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(file), target)
		}
		reason += ", " + strconv.Quote(target)
	}
	return c.Refuse(c.Deny(reason, file), reason)
}

// seenIn returns what info says of a regular file in a folder, nil if there is none.
func seenIn(dir *os.Root, name string, info fs.FileInfo) *seen {
	if info == nil {
		return nil
	}
	if goruntime.GOOS == "windows" {
		if f, err := dir.Open(name); err == nil { // else it cannot have been read either
			defer f.Close()
			return seenAs(info, f)
		}
	}
	return seenAs(info, nil)
}

// keepsOwner warns that a file stays that of another user, who can read what is written.
// It is an error if others could have put it there, to get that.
func keepsOwner(c *capability.Call, path string, old *seen) error {
	if old == nil {
		return nil
	}
	owner, err := safefile.CheckKept(path, old)
	switch {
	case owner != "" && err != nil:
		return placedError{path, owner, err}
	case owner != "":
		c.Warn(fmt.Sprintf("the file keeps its owner, %s, who can read what is written: %s", owner, path))
	}
	return err
}

// placedError is the error for a file of another user that others could have put there.
type placedError struct {
	path, owner string
	err         error
}

func (e placedError) Error() string {
	reason := e.err.Error()
	var folder *safefile.OwnerError
	if errors.As(e.err, &folder) {
		reason = folder.Text()
	}
	return fmt.Sprintf("%q belongs to %s, and others may have put it there: %s", e.path, e.owner, reason)
}

// warnNarrowed says that a new file has fewer permissions than the old one, which is
// so when its group could not be kept, or others may have put the old one there.
func warnNarrowed(c *capability.Call, dir *os.Root, file string, old *seen) {
	name := filepath.Base(file)
	info, err := dir.Lstat(name)
	if err != nil || info.Mode() == old.Mode() {
		return
	}
	why := "the group of a file could not be kept"
	if safefile.CheckGroup(file, old) != nil {
		why = "others may have put a file there"
	}
	c.Warn(fmt.Sprintf("%s, so its mode is now %04o and not %04o: %s", why, info.Mode().Perm(), old.Mode().Perm(), name))
}

// lock takes the lock that all writers of this program use for a folder, within
// the time of the call. It excludes nobody where files cannot be locked.
func lock(c *capability.Call, dir *os.Root) (unlock func(), err error) {
	for {
		unlock, err = safefile.TryLockIn(dir)
		if !errors.Is(err, safefile.ErrLocked) {
			return unlock, err
		}
		c.EndIfDone()
		c.Wait(time.Millisecond)
	}
}

// notDone returns a function that ends the call if its context is over.
func notDone(c *capability.Call) func() bool {
	return func() bool {
		c.EndIfDone()
		c.Charge(2 * batch * capability.EntryUnits)
		return true
	}
}

// replace gives the new file the mode, the owner and the attributes of the old one,
// and mode 0600 if there is none. Group and others get no rights if the old file may
// be there to give them some. Its temporary name is hidden from guests.
func replace(c *capability.Call, dir *os.Root, file string, old *seen, data []byte) error {
	r, err := safefile.CreateIn(dir, filepath.Base(file))
	if err != nil {
		return err
	}
	defer r.Abandon()
	r.Before(func() error { return unchanged(dir, filepath.Base(file), old) })
	for rest := data; len(rest) > 0; {
		part := rest[:min(piece, len(rest))]
		c.EndIfDone()
		c.Charge(8 * capability.Copied(len(part)))
		if _, err := r.Write(part); err != nil {
			return err
		}
		rest = rest[len(part):]
	}
	c.EndIfDone() // what follows cannot be stopped
	switch {
	case old == nil:
		return r.Commit(0o600)
	case old.Mode().Perm()&0o077 != 0 && safefile.CheckGroup(file, old) != nil:
		return r.CommitLikeWith(old.FileInfo, func(perm fs.FileMode) fs.FileMode { return perm & 0o700 })
	}
	return r.CommitLike(old.FileInfo)
}

// unchanged returns [safefile.ErrChanged] if a program that takes no lock has put
// another file in the place of old, or one where there was none, or has changed old itself:
// what it wrote would be lost. Only what it writes after this look is not noticed.
func unchanged(dir *os.Root, name string, old *seen) error {
	now, err := dir.Lstat(name)
	switch {
	case old == nil && errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return safefile.ErrChanged
	case err != nil:
		return err
	case old == nil || !os.SameFile(now, old.FileInfo) || !old.sameAs(seenIn(dir, name, now)):
		return safefile.ErrChanged
	}
	return nil
}

// undecided reports whether the host allowed the change on the grounds of another file
// than the one that is there now, which is nil if there is none.
func undecided(c *capability.Call, file string, now *seen) bool {
	what, ok := c.Decided(file, false, nil)
	was, _ := what.(*seen)
	switch {
	case !ok:
		return false
	case was == nil || now == nil:
		return was != now
	}
	return !was.sameAs(now)
}
