//go:build unix

package signals

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Dumping returns the signals at which a Go program prints its stacks and ends,
// also when another process sends them. A fault of this process is not among what is
// received for them.
func Dumping() []os.Signal {
	return append([]os.Signal{unix.SIGQUIT, unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS}, moreDumping()...)
}

// Ending returns the signals that end a program unless it handles them, other than
// SIGINT, SIGTERM, SIGHUP and SIGKILL. It leaves out what only reports something about
// this process, as SIGPIPE, SIGXCPU and SIGXFSZ do; SIGPROF, which the Go runtime keeps;
// and the real-time signals.
func Ending() []os.Signal {
	return append(append([]os.Signal{unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGVTALRM}, Dumping()...), moreEnding()...)
}

// Name returns the name of a signal, such as SIGINT.
func Name(s os.Signal) string {
	if n, ok := s.(syscall.Signal); ok && unix.SignalName(n) != "" {
		return unix.SignalName(n)
	}
	return s.String()
}
