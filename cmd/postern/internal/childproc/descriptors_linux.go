package childproc

import (
	"math"

	"golang.org/x/sys/unix"
)

// closeOnExec keeps every descriptor above 2 from the child, those included
// that whoever started us left open.
func closeOnExec() {
	if unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) != nil {
		closeListedOnExec() // Linux before 5.11
	}
}
