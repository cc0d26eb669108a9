//go:build amd64 || arm64

package main_test

import (
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"syscall"
	"unsafe"
)

// System calls that change files, and the flags of openat that make it one.
var changing = []uint64{
	syscall.SYS_WRITE, syscall.SYS_PWRITE64, syscall.SYS_FTRUNCATE, syscall.SYS_FCHMOD, syscall.SYS_FCHMODAT, syscall.SYS_FCHOWN,
	syscall.SYS_FSETXATTR, syscall.SYS_FREMOVEXATTR, syscall.SYS_FSYNC, syscall.SYS_RENAMEAT, syscall.SYS_UNLINKAT,
	syscall.SYS_MKDIRAT, syscall.SYS_LINKAT, syscall.SYS_SYMLINKAT, syscall.SYS_FLOCK,
}

const (
	opensNew       = syscall.O_CREAT | syscall.O_TRUNC
	optionExitKill = 0x100000   // PTRACE_O_EXITKILL
	syscallInfo    = 0x420e     // PTRACE_GET_SYSCALL_INFO
	waitAll        = 0x60000000 // __WALL | __WNOTHREAD
)

// trace runs a command and kills it with SIGKILL when it is about to make system
// call number at, counted over its threads; 0 never kills. It counts the calls that
// change files or, with -every-call, all of them. It returns the exit status, -1 if
// the command was killed, and the number of calls.
func (f *killFolder) trace(path string, args []string, stdin string, at int) (status, calls int) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		goruntime.LockOSThread() // the tracer is a thread; it ends with the goroutine
		status, calls = f.traceHere(path, args, stdin, at)
	}()
	<-done
	return status, calls
}

func (f *killFolder) traceHere(path string, args []string, stdin string, at int) (result, calls int) {
	in, err := os.Open(f.input(stdin))
	must(err)
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(f.dir, "output"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	must(err)
	defer out.Close()
	pid, err := syscall.ForkExec(path, append([]string{"postern"}, args...), &syscall.ProcAttr{
		Dir: f.dir, Env: f.env(), Files: []uintptr{in.Fd(), out.Fd(), out.Fd()},
		Sys: &syscall.SysProcAttr{Ptrace: true, Setpgid: true},
	})
	must(err)
	var status syscall.WaitStatus
	_, err = syscall.Wait4(pid, &status, waitAll, nil)
	must(err)
	must(syscall.PtraceSetOptions(pid, optionExitKill|syscall.PTRACE_O_TRACESYSGOOD|syscall.PTRACE_O_TRACECLONE))
	must(syscall.PtraceSyscall(pid, 0))
	result, begun := -1, false
	for {
		who, err := syscall.Wait4(-pid, &status, waitAll, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil: // all threads have ended
			return result, calls
		case status.Exited() && who == pid:
			result = status.ExitStatus()
		case !status.Stopped():
			continue
		case status.StopSignal() == syscall.SIGTRAP|0x80:
			if counts(who, &begun) {
				calls++
				if calls == at {
					_ = syscall.Kill(-pid, syscall.SIGKILL)
					continue
				}
			}
			_ = syscall.PtraceSyscall(who, 0)
		default:
			signal := 0
			if s := status.StopSignal(); s != syscall.SIGTRAP && s != syscall.SIGSTOP {
				signal = int(s)
			}
			_ = syscall.PtraceSyscall(who, signal)
		}
	}
}

// counts reports whether a thread is about to make a system call that counts. It
// sets begun at the first that changes files: before, there is nothing to lose.
func counts(thread int, begun *bool) bool {
	var info struct {
		op     uint8
		_      [7]byte
		ip, sp uint64
		nr     uint64
		args   [6]uint64
	}
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, syscallInfo, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 || info.op != 1 { // 1 is the entry
		return false
	}
	changes := slices.Contains(changing, info.nr) || info.nr == syscall.SYS_OPENAT && info.args[2]&opensNew != 0
	*begun = *begun || changes
	return changes || *everyCall && *begun
}

// input returns the path of a file with the text for the standard input.
func (f *killFolder) input(text string) string {
	path := f.dir + ".in"
	must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
