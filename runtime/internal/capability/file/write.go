package file

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
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
		if err := dir.Remove(name); err != nil {
			return err
		}
		return syncDir(dir)
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
	defer s.forgetChanged(c)
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
	for !tryLock(f) {
		c.EndIfDone()
		c.Wait(time.Millisecond)
	}
	locked = true
	return unlock, nil
}

// replace writes data to a temporary file beside name and, once it is on disk,
// renames it to name. The new file gets the mode and the owner of the old one.
func replace(dir *os.Root, name string, old fs.FileInfo, data []byte) (err error) {
	var random [8]byte
	rand.Read(random[:]) // never fails
	// Names that begin with two dots are hidden from guests.
	temp := "..postern-" + hex.EncodeToString(random[:])
	f, err := dir.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = dir.Remove(temp)
		}
	}()
	if err := errors.Join(fill(f, old, data), f.Close()); err != nil {
		return err
	}
	if err := dir.Rename(temp, name); err != nil {
		return err
	}
	return syncDir(dir)
}

// fill gives f the owner and the mode of old, if there is one, and the content.
func fill(f *os.File, old fs.FileInfo, data []byte) error {
	if old != nil {
		if err := keepOwner(f, old); err != nil {
			return err
		}
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			return err
		}
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}
