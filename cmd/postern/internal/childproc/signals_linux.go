package childproc

import (
	"bytes"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// moreForwarded are the signals that other systems lack, those for programs'
// own use included.
func moreForwarded() []os.Signal {
	more := []os.Signal{unix.SIGIO, unix.SIGPWR}
	for n := 35; n <= 64; n++ { // those from 32 on belong to C libraries and Go's runtime
		more = append(more, syscall.Signal(n))
	}
	return more
}

// stopSelf stops this process and returns when it goes on. The signal is sent to
// this thread: sent to the process, another may take it after the call returned.
// It is not SIGTSTP, which Go's runtime, once it was asked for it, has no way to
// give back.
func stopSelf() { _ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGSTOP) }

// parentOf returns the parent of a process, 0 if that cannot be told.
func parentOf(pid int) (parent int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	var state string
	_, _ = fmt.Sscan(string(b[bytes.LastIndexByte(b, ')')+1:]), &state, &parent) // behind the name, which may be anything
	return parent
}

// attributes has the child asked to end when we are killed, since nobody would
// mask its output or hear of its end. A pseudo-terminal needs a session.
func attributes(session bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: unix.SIGTERM}
	if session {
		a.Setsid, a.Setctty, a.Ctty = true, true, 1
	}
	return a
}
