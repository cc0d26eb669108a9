package signals

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// StopSelf stops this process and returns when it continues. It signals its own
// thread, because another thread could handle a signal to the process later. It
// does not use SIGTSTP: the Go runtime cannot restore its default action after it
// was caught.
func StopSelf() { _ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGSTOP) }

// Block blocks a signal for the calling goroutine until undo is called. With SIGTTIN
// or SIGTTOU blocked, a terminal does not stop the process for what the goroutine does:
// reading in the background fails, and writing does not.
func Block(s syscall.Signal) (undo func()) {
	runtime.LockOSThread()
	var set, old unix.Sigset_t
	set.Val[0] = 1 << (s - 1) // the first word has the signals up to 32
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, &set, &old)
	return func() {
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
		runtime.UnlockOSThread()
	}
}

func moreEnding() []os.Signal { return []os.Signal{unix.SIGIO, unix.SIGPWR} }

// Unstopped calls write, and no terminal stops the process for what it writes.
func Unstopped(write func()) {
	defer Block(unix.SIGTTOU)()
	write()
}
