//go:build unix

package safefile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// lockTemp locks a new temporary file for as long as its writer lives. It fails if
// the file is already being removed, or was.
func lockTemp(f *os.File) error {
	if err := TryLock(f); errors.Is(err, ErrLocked) {
		return err
	}
	// If locking is unsupported, cleanup cannot lock the file either and leaves it
	// alone.
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Nlink == 0 {
		return pathError("create", f.Name(), errors.New("removed by another process"))
	}
	return nil
}

// removeUnlocked removes a temporary file whose lock nobody holds.
func removeUnlocked(path string) {
	f, err := os.OpenFile(path, openFlags|noFollow, 0)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	if TryLock(f) == nil {
		_ = os.Remove(path)
	}
}

// beforeRename keeps the file open, and so its lock.
func beforeRename(*os.File) error { return nil }

// abandon removes the file while its lock is held.
func abandon(f *os.File, remove func()) {
	remove()
	_ = f.Close()
}

// copyOwner gives f the owner and the group of old if they differ.
func copyOwner(f *os.File, old fs.FileInfo) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	was, ok := old.Sys().(*syscall.Stat_t)
	is, same := info.Sys().(*syscall.Stat_t)
	if !ok || !same || was.Uid == is.Uid && was.Gid == is.Gid {
		return nil
	}
	return f.Chown(int(was.Uid), int(was.Gid))
}

// syncFolder writes a renamed entry to disk. A folder that may be written but
// not read cannot be synced, and some file systems sync none.
func syncFolder(dir folder) error {
	f, err := dir.OpenFile(".", os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	err = f.Sync()
	_ = f.Close()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
