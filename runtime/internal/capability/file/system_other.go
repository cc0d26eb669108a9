//go:build !unix

package file

import "io/fs"

// nonBlocking has no flags where pipes are not files in folders.
const nonBlocking = 0

// inode returns 0: finding the number of a file would take another open.
func inode(fs.FileInfo) uint64 { return 0 }
