//go:build !unix || aix

package file

import (
	"io/fs"
	"time"
)

// changeTime returns the zero time: the system does not say when a file was changed,
// other than when it was written.
func changeTime(fs.FileInfo) time.Time { return time.Time{} }
