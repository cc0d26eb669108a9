//go:build !unix

package capability

import (
	"io/fs"
	"os"
)

// nonBlocking is nothing where pipes are not files in folders.
const nonBlocking = 0

// inode returns 0: the number of a file takes another open to find out.
func inode(fs.FileInfo) uint64 { return 0 }

// keepOwner does nothing: a new file inherits the rights of its folder.
func keepOwner(*os.File, fs.FileInfo) error { return nil }

// syncDir does nothing: folders cannot be synced.
func syncDir(*os.Root) error { return nil }

// tryLock does nothing: folders cannot be locked here.
func tryLock(*os.File) bool { return true }
