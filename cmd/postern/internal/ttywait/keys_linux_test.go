package ttywait

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal returns both ends of a pseudo-terminal and what fstat shows of it.
func terminal(t *testing.T) (far, near *os.File, st *unix.Stat_t) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	far = os.NewFile(uintptr(fd), "far")
	t.Cleanup(func() { _ = far.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		t.Fatal(errno)
	}
	near, st = os.NewFile(peer, "near"), new(unix.Stat_t)
	t.Cleanup(func() { _ = near.Close() })
	if err := unix.Fstat(int(peer), st); err != nil {
		t.Fatal(err)
	}
	return far, near, st
}

// start starts a script in a session on a terminal, with a pipe as its input.
func start(t *testing.T, near *os.File, script string) (pid int) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r, near, near
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_, _ = r.Close(), w.Close()
	})
	return cmd.Process.Pid
}

// until waits for a condition.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for late := time.Now().Add(time.Minute); !done(); {
		if time.Now().After(late) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// read reports whether the only thread of a process reads a file.
func read(pid int, fd int) bool {
	got := process{pid, "/proc/" + strconv.Itoa(pid)}.waitsFor(pid)
	return len(got) == 1 && got[0] == fd
}

func TestForKeys(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"its terminal":    "exec cat /dev/tty",
		"the device":      "exec cat <&1",
		"another process": "cat /dev/tty; :",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			far, near, st := terminal(t)
			pid := start(t, near, script)
			until(t, "the process waits", func() bool { return ForKeys(pid, st) })
			if ForKeys(pid+1<<22, st) || ForKeys(os.Getpid(), st) {
				t.Error("another group waits")
			}
			_ = syscall.Kill(-pid, unix.SIGSTOP)
			until(t, "a stopped process does not wait", func() bool { return !ForKeys(pid, st) })
			_ = syscall.Kill(-pid, unix.SIGCONT)
			until(t, "a continued process waits", func() bool { return ForKeys(pid, st) })
			if _, err := io.WriteString(far, "\x04"); err != nil {
				t.Fatal(err)
			}
			until(t, "the process ends", func() bool { return !ForKeys(pid, st) })
		})
	}
}

// A process that waits for something else, or that writes to the terminal, does not wait
// for keys.
func TestForKeysOfOthers(t *testing.T) {
	t.Parallel()
	_, near, st := terminal(t)
	pid := start(t, near, "exec 5</dev/tty; exec cat")
	until(t, "the process reads its input", func() bool { return read(pid, 0) })
	if ForKeys(pid, st) {
		t.Error("a process that reads a pipe waits for keys")
	}
	_, _, other := terminal(t)
	_, near, st = terminal(t)
	pid = start(t, near, "exec cat <&1")
	until(t, "the process waits", func() bool { return ForKeys(pid, st) })
	if ForKeys(pid, other) {
		t.Error("it waits for the keys of another terminal")
	}
}

// What the system shows is understood, and what it does not show is nothing.
func TestWaitsFor(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"running\n":          0,
		"-1 0x7ffc 0x7f48\n": 0,
		"0 0x3 0x7f48b295e000 0x20000 0x7f48b29f0b60 0xffffffff 0x0 0x7fff6a6f2ec8 0x7f48b2ad92ad\n": 1,
		"999999 0x3 0x0 0x0 0x0 0x0 0x0 0x7fff6a6f2ec8 0x7f48b2ad92ad\n":                             0,
		"0 3 x 0 0 0 0 0 0\n": 0,
		"":                    0,
	} {
		if text[:min(len(text), 2)] == "0 " && unix.SYS_READ != 0 {
			text = strconv.Itoa(unix.SYS_READ) + text[1:]
		}
		dir := t.TempDir()
		if err := os.MkdirAll(dir+"/task/7", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/task/7/syscall", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := (process{7, dir}).waitsFor(7); len(got) != want || want == 1 && got[0] != 3 {
			t.Errorf("%q: %v", strings.TrimSpace(text), got)
		}
	}
}
