package parent

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// moreForwarded are the signals that other systems lack, those for programs'
// own use included.
func moreForwarded() []os.Signal {
	more := []os.Signal{unix.SIGIO, unix.SIGPWR}
	for n := 34; n <= 64; n++ { // 32 and 33 belong to the C library
		more = append(more, syscall.Signal(n))
	}
	return more
}

// stopSelf stops this process as the terminal's suspend key does, and returns
// when it goes on. The signal is sent to this thread: sent to the process,
// another thread may take it after the call has returned. The system does not
// stop a process that no shell could continue.
func stopSelf() { _ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGTSTP) }

// attributes has the child asked to end when we are killed, since nobody would
// mask its output or hear of its end. A pseudo-terminal needs a session.
func attributes(session bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: unix.SIGTERM}
	if session {
		a.Setsid, a.Setctty, a.Ctty = true, true, 1
	}
	return a
}
