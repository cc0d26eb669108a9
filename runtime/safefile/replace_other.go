//go:build !unix

package safefile

import (
	"io/fs"
	"os"
)

// lockTemp does nothing: an open file cannot be removed here.
func lockTemp(*os.File) error { return nil }

// isOwn reports true: owners are not known here.
func isOwn(fs.FileInfo) bool { return true }

// unused reports true: the system refuses to remove a file that is open.
func unused(*os.File) bool { return true }

// remove removes a file, which has to be closed for that.
func remove(dir folder, f *os.File, name string) bool {
	_ = f.Close()
	return dir.Remove(name) == nil
}

// beforeRename closes the file: an open one cannot be renamed here.
func beforeRename(f *os.File) error { return f.Close() }

// abandon closes the file first: an open one cannot be removed here.
func abandon(f *os.File, remove func()) {
	_ = f.Close()
	remove()
}

// copyAttributes returns the permissions of old. The new file inherits the rights
// of its folder.
func (r *Replacement) copyAttributes(old fs.FileInfo) (fs.FileMode, error) {
	return old.Mode().Perm(), nil
}

// syncFolder does nothing: folders cannot be synced here.
func syncFolder(folder) error { return nil }

// openFlags are those for reading: pipes are not files in folders here.
const openFlags = os.O_RDONLY

// noFollow has no flag here; the opened file is compared with the one before.
const noFollow = 0

// folderFlags open a folder.
const folderFlags = os.O_RDONLY

// mounted cannot be measured here.
func mounted(folder, string) bool { return false }
