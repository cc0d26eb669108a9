//go:build !unix

package steering

import (
	"os"
	"strings"
)

const (
	slashes       = `/\`
	listSeparator = ";"
	escapes       = false // a backslash is in paths
)

// programEndings are the endings that the name of a program may lack.
var programEndings = []string{"", ".exe", ".com", ".bat", ".cmd", ".ps1"}

// writable reports whether the caller can write a folder. Nobody knows here.
func writable(string) bool { return true }

func openFolder(path string) (*os.File, error) { return os.Open(path) }

// remote reports whether to look at a path is to connect to the server that it names.
func remote(path string) bool {
	return strings.HasPrefix(strings.Map(slash, path), "//")
}
