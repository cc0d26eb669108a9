package childproc

import (
	"bytes"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// moreForwarded returns the real-time signals.
func moreForwarded() (more []os.Signal) {
	for n := 35; n <= 64; n++ { // 32 to 34 are used by C libraries and the Go runtime
		more = append(more, syscall.Signal(n))
	}
	return more
}

// parentOf returns the parent of a process, or 0 if it is unknown.
func parentOf(pid int) (parent int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	var state string
	_, _ = fmt.Sscan(string(b[bytes.LastIndexByte(b, ')')+1:]), &state, &parent) // the name before it may contain anything
	return parent
}

// attributes makes the system send SIGTERM to the child if we are killed: without
// us its output would not be masked. With session the child leads a new session,
// which a pseudo-terminal needs.
func attributes(session bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: unix.SIGTERM}
	if session {
		a.Setsid, a.Setctty, a.Ctty = true, true, 1
	}
	return a
}
