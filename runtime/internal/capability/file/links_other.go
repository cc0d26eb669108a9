//go:build !unix && !windows

package file

import (
	"io/fs"
	"os"
)

// hardLinked returns false: these systems do not say how many names a file has.
func hardLinked(*os.Root, string, fs.FileInfo) (bool, error) { return false, nil }
