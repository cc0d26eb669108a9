//go:build !unix

package safefile

import (
	"io/fs"
	"os"
)

// lockTemp does nothing: an open file cannot be removed here.
func lockTemp(*os.File) error { return nil }

// removeUnlocked removes a temporary file; the system refuses while its writer
// has it open.
func removeUnlocked(path string) { _ = os.Remove(path) }

// beforeRename closes the file: an open one cannot be renamed here.
func beforeRename(f *os.File) error { return f.Close() }

// abandon closes the file first: an open one cannot be removed here.
func abandon(f *os.File, remove func()) {
	_ = f.Close()
	remove()
}

// copyOwner does nothing: a new file inherits the rights of its folder.
func copyOwner(*os.File, fs.FileInfo) error { return nil }

// syncFolder does nothing: folders cannot be synced here.
func syncFolder(folder) error { return nil }
