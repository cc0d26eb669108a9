package childproc

import (
	"io"
	"os"
)

// sameFile reports whether both writers lead to one file, pipe, socket or device.
func sameFile(a, b io.Writer) bool {
	first, ok := a.(*os.File)
	second, also := b.(*os.File)
	if !ok || !also || first == nil || second == nil {
		return false
	}
	x, err := first.Stat()
	y, e := second.Stat()
	return err == nil && e == nil && os.SameFile(x, y)
}
