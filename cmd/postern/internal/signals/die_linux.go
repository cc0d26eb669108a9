package signals

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Die ends this process with the default action of s, and without a core file. It
// returns if s does not end it: s is nil or harmless, or this is the first process of
// a container.
func Die(s os.Signal) {
	n, ok := s.(syscall.Signal)
	if !ok || n <= 0 {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	// The runtime has a handler for every signal, which prints stacks for some and
	// drops others. A zero sigaction is the default action on every architecture.
	var action [8]uint64
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(n), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	var set unix.Sigset_t
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &set, nil)
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), n) // to this thread: it has ended before the call returns
}
