package childproc

import (
	"math"

	"golang.org/x/sys/unix"
)

// closeOnExec prevents the child from inheriting descriptors above 2, including
// those that we inherited ourselves.
func closeOnExec() {
	if unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) != nil {
		closeListedOnExec() // Linux before 5.11
	}
}
