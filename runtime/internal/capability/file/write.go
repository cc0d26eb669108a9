package file

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/safefile"
)

// write replaces or creates a file, whole or not at all.
func (f *Files) write(c *capability.Call, path string, data []byte) abi.Status {
	if int64(len(data)) > f.limit() {
		return abi.TooLarge
	}
	return f.change(c, path, func(dir *os.Root, name string, old fs.FileInfo) error {
		return replace(dir, name, old, data)
	})
}

// remove removes a regular file.
func (f *Files) remove(c *capability.Call, path string) abi.Status {
	return f.change(c, path, func(dir *os.Root, name string, old fs.FileInfo) error {
		if old == nil {
			return fs.ErrNotExist
		}
		return safefile.RemoveIn(dir, name)
	})
}

// change calls do with the folder that holds the granted file and with the
// description of the file, nil if there is none. A symbolic link is denied:
// replacing it would cut it off from what others read through it.
func (f *Files) change(c *capability.Call, file string, do func(dir *os.Root, name string, old fs.FileInfo) error) abi.Status {
	at, status := f.locate(c, file)
	switch {
	case status != abi.OK:
		return status
	case !at.write:
		return abi.ReadOnly
	case at.name == ".":
		return c.Deny(notRegular, file)
	}
	// The dot keeps the system from opening anything but a folder.
	dir, err := at.OpenRoot(path.Dir(at.name) + "/.")
	if err != nil {
		return statusOf(c, err, file)
	}
	defer dir.Close()
	// Other writers of this program wait here: nobody else writes between the look
	// at the file and its replacement.
	unlock, err := lock(c, dir)
	if err != nil {
		return statusOf(c, err, file)
	}
	defer unlock()
	name := path.Base(at.name)
	old, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return statusOf(c, err, file)
	case !old.Mode().IsRegular():
		return c.Deny(notRegular, file)
	}
	s := stateOf(c)
	if s.changed(file, old) {
		return abi.Conflict // the guest made its change from a file that is out of date
	}
	// Even a change that failed may have taken place.
	defer s.forgetChanged()
	if err := do(dir, name, old); err != nil {
		return statusOf(c, err, file)
	}
	return abi.OK
}

// lock takes the lock that all writers of this program use for a folder, within
// the time of the call. It does nothing where folders cannot be locked.
func lock(c *capability.Call, dir *os.Root) (unlock func(), err error) {
	f, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	unlock = func() { _ = f.Close() } // closing unlocks
	locked := false
	defer func() {
		if !locked { // the call ended during the wait
			unlock()
		}
	}()
	for errors.Is(safefile.TryLock(f), safefile.ErrLocked) {
		c.EndIfDone()
		c.Wait(time.Millisecond)
	}
	locked = true
	return unlock, nil
}

// replace gives the new file the mode and the owner of the old one, and mode 0600
// if there is none. Its temporary name is hidden from guests.
func replace(dir *os.Root, name string, old fs.FileInfo, data []byte) error {
	r, err := safefile.CreateIn(dir, name)
	if err != nil {
		return err
	}
	defer r.Abandon()
	if _, err := r.Write(data); err != nil {
		return err
	}
	if old == nil {
		return r.Commit(0o600)
	}
	return r.CommitLike(old)
}
