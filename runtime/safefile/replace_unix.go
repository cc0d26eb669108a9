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

// isOwn reports whether the current user owns a file. To root all files count as
// its own: it gives new files away before it puts them in place.
func isOwn(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(st.Uid) == os.Geteuid() || os.Geteuid() == 0)
}

// unused locks an open file, which fails while its writer lives.
func unused(f *os.File) bool { return TryLock(f) == nil }

// remove removes an open file while its lock is held.
func remove(dir folder, _ *os.File, name string) bool { return dir.Remove(name) == nil }

// beforeRename keeps the file open, and so its lock.
func beforeRename(*os.File) error { return nil }

// abandon removes the file while its lock is held.
func abandon(f *os.File, remove func()) {
	remove()
	_ = f.Close()
}

// copyAttributes gives the new file what is not content of old, except for the
// permissions, which it returns.
func (r *Replacement) copyAttributes(old fs.FileInfo) (perm fs.FileMode, err error) {
	perm = old.Mode().Perm()
	info, err := r.file.Stat()
	if err != nil {
		return 0, err
	}
	was, ok := old.Sys().(*syscall.Stat_t)
	is, same := info.Sys().(*syscall.Stat_t)
	if !ok || !same {
		return 0, pathError("replace", r.name, errNoOwner)
	}
	if was.Nlink > 1 {
		return 0, pathError("replace", r.name, ErrHardLinks)
	}
	groupKept := true
	if was.Uid != is.Uid || was.Gid != is.Gid {
		if err := r.file.Chown(int(was.Uid), int(was.Gid)); err != nil {
			if was.Uid != is.Uid || !errors.Is(err, fs.ErrPermission) {
				return 0, pathError("replace", r.name, &keepError{"its owner", err})
			}
			groupKept = false
			perm = withoutGroup(perm)
		}
	}
	return perm, r.copyExtended(old, groupKept)
}

// withoutGroup returns the permissions for a file whose group becomes another one.
// A member of either group has after it at most what it had before, as one of the
// group or of the others.
func withoutGroup(perm fs.FileMode) fs.FileMode {
	both := perm >> 3 & perm & 0o7
	return perm&0o700 | both<<3 | both
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
