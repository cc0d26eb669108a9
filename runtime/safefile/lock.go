package safefile

import (
	"errors"
	"io/fs"
	"os"
)

// ErrLocked means that another open file holds the lock.
var ErrLocked = errors.New("locked by another process")

// TryLock takes the exclusive lock of an open file or folder and does not wait:
// if another open file has it, in this process or another, the error is
// [ErrLocked]. Closing f releases the lock, and so does the end of the process.
//
// Locks are advisory: they exclude only those who ask for them. Where there are
// none the error is [errors.ErrUnsupported]; that is Windows, and file systems
// without locks.
func TryLock(f *os.File) error { return lock(f, false) }

// Lock is [TryLock], but waits until the lock is free. The wait cannot be
// interrupted.
func Lock(f *os.File) error { return lock(f, true) }

// lockName is the file whose lock [TryLockIn] takes.
const lockName = "..postern-lock"

// TryLockIn takes the lock that the writers of a folder use among themselves, and
// does not wait: if another writer has it, the error is [ErrLocked]. The caller calls
// unlock, before it closes dir.
//
// The lock is that of a file that exists only while it is held and that only those
// who may write the folder can open. The lock of the folder itself could be held,
// and writers be kept waiting, by everybody who may read the folder.
//
// Where files cannot be locked, TryLockIn succeeds and excludes nobody.
func TryLockIn(dir *os.Root) (unlock func(), err error) {
	for range 100 { // others create and remove the file all the time
		f, err := openLock(dir)
		if err != nil {
			return nil, err
		}
		switch err := TryLock(f); {
		case errors.Is(err, errors.ErrUnsupported):
			_ = f.Close()
			_ = dir.Remove(lockName)
			return func() {}, nil
		case err != nil:
			_ = f.Close()
			return nil, err
		}
		if isAt(dir, lockName, f) {
			return func() {
				_ = dir.Remove(lockName)
				_ = f.Close()
			}, nil
		}
		_ = f.Close() // its holder has removed it meanwhile
	}
	return nil, ErrLocked
}

// openLock opens the file of the lock, or creates it for everybody who may write
// the folder.
func openLock(dir *os.Root) (*os.File, error) {
	f, err := dir.OpenFile(lockName, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		if info, err := dir.Stat("."); err == nil && info.Mode()&fs.ModeSticky == 0 {
			_ = f.Chmod(0o600 | info.Mode().Perm()&0o022*3) // who may write the folder may read the file too
		}
		return f, nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	info, err := dir.Lstat(lockName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrLocked // it was there a moment ago
	case err == nil:
		err = regular(lockName, info)
	}
	if err != nil {
		return nil, err
	}
	f, err = dir.OpenFile(lockName, openFlags|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrLocked
	}
	return f, err
}

// isAt reports whether name in dir is the open file.
func isAt(dir folder, name string, f *os.File) bool {
	there, err := dir.Lstat(name)
	if err != nil {
		return false
	}
	open, err := f.Stat()
	return err == nil && os.SameFile(there, open)
}
