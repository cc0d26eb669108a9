package capability

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/postern-project/postern/runtime/abi"
)

// write replaces or creates a file, whole or not at all.
func (c *Call) write(path string, data []byte) abi.Status {
	if int64(len(data)) > c.set.fileCap() {
		return abi.TooLarge
	}
	return c.change(path, func(dir *os.Root, name string, old fs.FileInfo) error {
		return replace(dir, name, old, data)
	})
}

// remove removes a regular file.
func (c *Call) remove(path string) abi.Status {
	return c.change(path, func(dir *os.Root, name string, old fs.FileInfo) error {
		if old == nil {
			return fs.ErrNotExist
		}
		if err := dir.Remove(name); err != nil {
			return err
		}
		return syncDir(dir)
	})
}

// change calls do with the folder that holds the granted file and with the file
// as it is, nil if there is none. A symbolic link is no file to be changed:
// replacing it would cut it off from what others read through it.
func (c *Call) change(file string, do func(dir *os.Root, name string, old fs.FileInfo) error) abi.Status {
	p, status := c.locate(file)
	switch {
	case status != abi.OK:
		return status
	case !p.write:
		return abi.ReadOnly
	case p.name == ".":
		return c.refuse("the path is no regular file", file)
	}
	// The dot keeps the system from opening what is no folder.
	dir, err := p.OpenRoot(path.Dir(p.name) + "/.")
	if err != nil {
		return c.failed(err, file)
	}
	defer dir.Close()
	// Others of our kind wait here: between the look at the file and its
	// replacement nobody else writes.
	unlock, err := c.lock(dir)
	if err != nil {
		return c.failed(err, file)
	}
	defer unlock()
	name := path.Base(p.name)
	old, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return c.failed(err, file)
	case !old.Mode().IsRegular():
		return c.refuse("the path is no regular file", file)
	}
	if c.disk.changed(file, old) {
		return abi.Conflict // what the guest made its change from is out of date
	}
	// Even a change that failed may have taken place.
	defer c.forget()
	if err := do(dir, name, old); err != nil {
		return c.failed(err, file)
	}
	return abi.OK
}

// forget drops what was read, since the call itself changed a file, but keeps
// what its words are masked by.
func (c *Call) forget() {
	if c.speaks() {
		for _, k := range c.disk.kept {
			c.handed.files = append(c.handed.files, k.data)
			k.data = nil
		}
	}
	c.disk.forget()
}

// lock takes the lock of a folder that writers of this program share, within the
// time of the call. Where folders cannot be locked it does nothing.
func (c *Call) lock(dir *os.Root) (unlock func(), err error) {
	f, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	unlock = func() { _ = f.Close() } // closing unlocks
	locked := false
	defer func() {
		if !locked { // the call ended while it waited
			unlock()
		}
	}()
	for !tryLock(f) {
		c.live()
		c.wait(time.Millisecond)
	}
	locked = true
	return unlock, nil
}

// replace writes data beside name and renames it over name when it is on disk.
// The new file has the mode and the owner of the old one.
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
	if err := errors.Join(fillFile(f, old, data), f.Close()); err != nil {
		return err
	}
	if err := dir.Rename(temp, name); err != nil {
		return err
	}
	return syncDir(dir)
}

func fillFile(f *os.File, old fs.FileInfo, data []byte) error {
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
