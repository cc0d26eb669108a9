//go:build unix

package childproc

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// maxHighDescriptor bounds the table of descriptors that the system keeps for each
// process, and the time to start one.
const maxHighDescriptor = 1 << 14

// HighDescriptor returns the highest FirstFile for n files. Programs get the lowest free
// descriptor when they open a file, so a program does not reach these by itself, unless
// the limit of open files is low.
func HighDescriptor(n int) int {
	limit := uint64(maxHighDescriptor)
	var have unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &have) == nil {
		limit = min(limit, uint64(have.Cur))
	}
	const own = 8 // while the child is started, its streams and a pipe need descriptors above all others
	return max(3, int(limit)-2*n-own)
}

// closeListedOnExec sets close-on-exec for the descriptors in /dev/fd.
func closeListedOnExec() {
	entries, _ := os.ReadDir("/dev/fd")
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}
