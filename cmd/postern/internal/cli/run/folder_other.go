//go:build !unix

package run

import "os"

// memoryFolder is the folder of temporary files: there is none in memory here.
func memoryFolder() string { return os.TempDir() }

// lockFolder does not lock.
func lockFolder(string) (unlock func(), err error) { return func() {}, nil }

// removeAbandoned removes a lock file. The system refuses while its process has
// it open.
func removeAbandoned(path string) { _ = os.Remove(path) }
