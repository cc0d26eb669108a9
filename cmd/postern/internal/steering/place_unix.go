//go:build unix

package steering

import (
	"os"
	"syscall"
)

const (
	slashes       = "/"
	listSeparator = ":"
	escapes       = true // a backslash in a command takes the meaning from what follows
)

// programEndings are the endings that the name of a program may lack.
var programEndings = []string{""}

// writable reports whether the caller can write a folder.
func writable(path string) bool { return syscall.Access(path, 2) == nil }

// openFolder opens a folder, and nothing else that has taken its place.
func openFolder(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
}

// remote reports whether to look at a path is to connect to the server that it names.
func remote(string) bool { return false }
