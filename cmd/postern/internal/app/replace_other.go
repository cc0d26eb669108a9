//go:build !unix

package app

import "os"

// Hold has nothing to do: a file that is open cannot be removed here.
func Hold(*os.File) bool { return true }

// beforeRename closes the file: an open one keeps its name here.
func beforeRename(f *os.File) error { return f.Close() }

// RemoveIfAbandoned removes a file; the system refuses while its writer lives.
func RemoveIfAbandoned(path string) { _ = os.Remove(path) }
