package main_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestP20KilledAtEverySystemCall: a command that is killed before or after any system
// call of a write leaves the old file or the new one, whose mode is that of one of
// them, and a temporary file that no more users can read than the new file and that
// the next use removes.
func TestP20KilledAtEverySystemCall(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args             []string
		stdin            string
		old, want        string
		before, replaced os.FileMode
	}{
		"inject":          {[]string{"inject", "-o", "file"}, "x {{ postern://k }}", "old", "x " + canary, 0o644, 0o640},
		"inject in place": {[]string{"inject", "-i", "file", "--in-place"}, "", "x {{ postern://k }}", "x " + canary, 0o600, 0o600},
		"export":          {[]string{"export", "-f", "dotenv", "-o", "file"}, "", "old", "K='" + canary + "'\n", 0o660, 0o660},
		"redact in place": {[]string{"redact", "-i", "file", "--in-place"}, "", "x " + canary, "x [REDACTED:k]", 0o644, 0o644},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, stderr := command(t, tt.args...)
			dir := cmd.Dir
			writeStore(t, dir, map[string]string{"k": canary})
			path := filepath.Join(dir, "file")
			use := func(kill int) (ended bool) {
				if err := errors.Join(os.WriteFile(path, []byte(tt.old), tt.before), os.Chmod(path, tt.before)); err != nil {
					t.Fatal(err)
				}
				ended, err := traced(cmd.Path, append([]string{"postern"}, tt.args...), cmd.Env, dir, tt.stdin, kill)
				if err != nil {
					t.Fatalf("%v: %s", err, stderr)
				}
				return ended
			}
			for kill := 1; ; kill++ {
				if kill > 1000 {
					t.Fatal("the command does not end")
				}
				ended := use(kill)
				b, err := os.ReadFile(path)
				info, e := os.Stat(path)
				if err := errors.Join(err, e); err != nil {
					t.Fatalf("killed at %d: %v", kill, err)
				}
				old := string(b) == tt.old && info.Mode().Perm() == tt.before
				changed := string(b) == tt.want && info.Mode().Perm() == tt.replaced
				if !old && !changed || ended && !changed {
					t.Errorf("killed at %d: the file is %q with mode %v", kill, b, info.Mode())
				}
				for _, left := range leftOvers(t, dir) {
					if info, err := os.Stat(left); err == nil && info.Mode().Perm() != 0o600 && info.Mode().Perm() != tt.replaced {
						t.Errorf("killed at %d: the temporary file has mode %v", kill, info.Mode())
					}
				}
				if ended {
					if t.Logf("killed at %d places", kill-1); kill < 10 {
						t.Errorf("there were only %d places to kill at", kill-1)
					}
					if left := leftOvers(t, dir); len(left) != 0 {
						t.Errorf("the last use left %q", left)
					}
					return
				}
				if ended := use(1000); !ended {
					t.Fatal("the next use does not end")
				}
				if left := leftOvers(t, dir); len(left) != 0 {
					t.Errorf("killed at %d: the next use left %q", kill, left)
				}
			}
		})
	}
}

// idle are system calls that change no file.
var idle = map[uint64]bool{
	unix.SYS_FUTEX: true, unix.SYS_SCHED_YIELD: true, unix.SYS_NANOSLEEP: true, unix.SYS_EPOLL_PWAIT: true, unix.SYS_EPOLL_CTL: true, unix.SYS_MADVISE: true, unix.SYS_MMAP: true,
	unix.SYS_MUNMAP: true, unix.SYS_RT_SIGPROCMASK: true, unix.SYS_RT_SIGRETURN: true, unix.SYS_TGKILL: true, unix.SYS_GETPID: true, unix.SYS_MPROTECT: true, unix.SYS_CLONE: true,
	unix.SYS_SIGALTSTACK: true, unix.SYS_GETTID: true, unix.SYS_RT_SIGACTION: true, unix.SYS_READ: true, unix.SYS_MLOCK: true, unix.SYS_EVENTFD2: true, unix.SYS_CLOCK_GETTIME: true,
}

// traced runs a program and kills it at the entry or exit of one of its system calls:
// the kill-th that may change a file, counted from the one that creates a temporary
// file. ended is true if the program ended before that.
func traced(path string, argv, env []string, dir, stdin string, kill int) (ended bool, err error) {
	runtime.LockOSThread() // only the thread that traces may wait
	defer runtime.UnlockOSThread()
	in, w, err := os.Pipe()
	if err != nil {
		return false, err
	}
	if _, err = w.WriteString(stdin); err != nil {
		return false, err
	}
	_ = w.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return false, err
	}
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Dir: dir, Env: env, Files: []uintptr{in.Fd(), null.Fd(), null.Fd()}, Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	_, _ = in.Close(), null.Close()
	if err != nil {
		return false, err
	}
	tr := tracer{main: pid, kill: kill}
	return tr.run()
}

type tracer struct {
	main, kill int
	begun      bool
	count      int
}

func (tr *tracer) run() (ended bool, err error) {
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(tr.main, &status, 0, nil); err != nil {
		return false, err
	}
	const options = syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL
	if err := syscall.PtraceSetOptions(tr.main, options); err != nil {
		return false, err
	}
	next := tr.main
	deliver := 0
	for {
		if next != 0 {
			_ = syscall.PtraceSyscall(next, deliver) // it may be gone
		}
		pid, err := syscall.Wait4(-1, &status, syscall.WALL|unix.WNOTHREAD, nil)
		if err != nil {
			return false, err
		}
		next, deliver = pid, 0
		switch {
		case status.Exited() || status.Signaled():
			if next = 0; pid == tr.main {
				return !status.Signaled(), nil
			}
		case status.StopSignal() == syscall.SIGTRAP|0x80:
			if tr.reached(pid) {
				_ = syscall.Kill(tr.main, syscall.SIGKILL)
			}
		case status.StopSignal() != syscall.SIGTRAP && status.StopSignal() != syscall.SIGSTOP:
			deliver = int(status.StopSignal())
		}
	}
}

// reached reports whether this stop of a thread is the one to kill at.
func (tr *tracer) reached(pid int) bool {
	var regs syscall.PtraceRegs
	if syscall.PtraceGetRegs(pid, &regs) != nil {
		return false
	}
	if !tr.begun && regs.Orig_rax == unix.SYS_OPENAT && regs.Rdx&unix.O_CREAT != 0 {
		text := make([]byte, 256)
		n, _ := syscall.PtracePeekData(pid, uintptr(regs.Rsi), text)
		name, _, _ := strings.Cut(string(text[:n]), "\x00")
		tr.begun = strings.Contains(name, ".postern-")
	}
	if !tr.begun || idle[regs.Orig_rax] {
		return false
	}
	tr.count++
	return tr.count == tr.kill
}
