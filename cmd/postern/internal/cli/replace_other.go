//go:build !unix

package cli

import "os"

// hold has nothing to do: a file that is open cannot be removed here.
func hold(*os.File) bool { return true }

// beforeRename closes the file: an open one keeps its name here.
func beforeRename(f *os.File) error { return f.Close() }

// removeIfAbandoned removes a file; the system refuses while its writer lives.
func removeIfAbandoned(path string) { _ = os.Remove(path) }
