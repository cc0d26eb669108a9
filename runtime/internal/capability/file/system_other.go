//go:build !unix

package file

import (
	"io/fs"
	"os"
)

// nonBlocking has no flags where pipes are not files in folders.
const nonBlocking = 0

// inode returns 0: finding the number of a file would take another open.
func inode(fs.FileInfo) uint64 { return 0 }

// keepOwner does nothing: a new file inherits the permissions of its folder.
func keepOwner(*os.File, fs.FileInfo) error { return nil }

// syncDir does nothing: folders cannot be synced.
func syncDir(*os.Root) error { return nil }

// tryLock reports true: folders cannot be locked on this system.
func tryLock(*os.File) bool { return true }
