//go:build !unix

package run

import (
	"io/fs"
	"os"
)

// memoryFolder is the folder of temporary files: there is none in memory here.
func memoryFolder() string { return os.TempDir() }

// private is true: the folder of temporary files is the user's.
func private(fs.FileInfo) bool { return true }

// lockFolder does not lock.
func lockFolder(string) (unlock func(), err error) { return func() {}, nil }

// removeAbandoned removes a lock file. The system refuses while its process has
// it open.
func removeAbandoned(path string) { _ = os.Remove(path) }
