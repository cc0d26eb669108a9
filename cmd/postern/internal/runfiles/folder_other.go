//go:build !unix

package runfiles

import "os"

// memoryFolder returns the folder for temporary files: this system has no folder
// in memory.
func memoryFolder() string { return os.TempDir() }

// lockFolder does nothing: folders cannot be locked here.
func lockFolder(string, func(*os.File) error) (unlock func(), err error) { return func() {}, nil }

// removeAbandoned removes a lock file. The system refuses while its process has
// it open.
func removeAbandoned(path string) { _ = os.Remove(path) }

// abandoned reports false: nothing says whether the process lives.
func abandoned(string) bool { return false }
