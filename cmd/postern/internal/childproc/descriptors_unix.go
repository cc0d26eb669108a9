//go:build unix

package childproc

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// closeListedOnExec sets close-on-exec for the descriptors in /dev/fd.
func closeListedOnExec() {
	entries, _ := os.ReadDir("/dev/fd")
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}
