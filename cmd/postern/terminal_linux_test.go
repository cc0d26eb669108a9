package main_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	goruntime "runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// terminal is a pseudo-terminal. Bytes that are written to the master are typed at
// the terminal; the terminal shows the bytes that are read from the master.
func terminal(t *testing.T) (far, near *os.File) {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { _ = far.Close() })
	var locked, n int32
	if err := ioctl(far, syscall.TIOCSPTLCK, unsafe.Pointer(&locked)); err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	if err := ioctl(far, syscall.TIOCGPTN, unsafe.Pointer(&n)); err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	near, err = os.OpenFile("/dev/pts/"+strconv.Itoa(int(n)), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	return far, near
}

func ioctl(f *os.File, request uintptr, arg unsafe.Pointer) error {
	raw, err := f.SyscallConn() // Fd would end the deadlines of the file
	if err != nil {
		return err
	}
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) { _, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(arg)) })
	if err == nil && errno != 0 {
		err = errno
	}
	return err
}

// shown runs postern with its standard output on a terminal and returns what the
// terminal shows, with the line ends that the command wrote.
func shown(t *testing.T, value string, args ...string) (screen, stderr string, exit int) {
	t.Helper()
	far, near := terminal(t)
	cmd, errs := command(t, args...)
	cmd.Env = append(cmd.Env, "VALUE="+value)
	cmd.Stdout = near
	err := cmd.Run()
	_ = near.Close()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		exit = failed.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(far) // a terminal that everybody left gives EIO
	if err != nil && !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n"), errs.String(), exit
}

// TestTerminalTM100: on a terminal a newline follows the value, and a value with
// control characters is shown only on request.
func TestTerminalTM100(t *testing.T) {
	t.Parallel()
	const evil = "\x1b]0;owned\x07"
	tests := []struct {
		name, value string
		args        []string
		want        string
		exit        int
	}{
		{"newline", "plain", []string{"get", "VALUE"}, "plain\n", 0},
		{"no newline asked", "plain", []string{"get", "-n", "VALUE"}, "plain", 0},
		{"lines", "a\nb", []string{"get", "VALUE"}, "a\nb\n", 0},
		{"control bytes", evil, []string{"get", "VALUE"}, "", 65},
		{"no text", "\xff", []string{"get", "VALUE"}, "", 65},
		{"control bytes asked", evil, []string{"get", "VALUE", "--format", "raw"}, evil + "\n", 0},
		{"base64", evil, []string{"get", "VALUE", "--format", "base64"}, "G10wO293bmVkBw==\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			screen, stderr, exit := shown(t, tt.value, tt.args...)
			if screen != tt.want || exit != tt.exit {
				t.Errorf("shows %q, exit %d; want %q, %d; %s", screen, exit, tt.want, tt.exit, stderr)
			}
			if exit != 0 && !strings.Contains(stderr, "postern: hint: postern get VALUE --format base64") {
				t.Errorf("standard error is %q", stderr)
			}
		})
	}
}

// TestPrompt: set asks for a value on a terminal and does not show what is typed.
func TestPrompt(t *testing.T) {
	t.Parallel()
	far, near := terminal(t)
	cmd, _ := command(t, "set", "K", "--provider", "mem")
	cmd.Stdin = near
	cmd.Stderr = nil
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = near.Close()
	asked := make([]byte, len("value of K: "))
	if _, err := io.ReadFull(stderr, asked); err != nil || string(asked) != "value of K: " {
		t.Fatalf("asks %q, %v", asked, err)
	}
	for echo := true; echo; goruntime.Gosched() { // the answer comes when typing is hidden
		var state syscall.Termios
		if err := ioctl(far, syscall.TCGETS, unsafe.Pointer(&state)); err != nil {
			t.Fatal(err)
		}
		echo = state.Lflag&syscall.ECHO != 0
	}
	if _, err := far.WriteString(canary + "\n"); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(stderr)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	screen, _ := io.ReadAll(far)
	if strings.Contains(string(screen)+string(rest), canary) {
		t.Errorf("the terminal shows %q, standard error %q", screen, rest)
	}
	if cmd.ProcessState.ExitCode() != 69 || !strings.Contains(string(rest), "read_only") {
		t.Errorf("exit code %d, standard error %q", cmd.ProcessState.ExitCode(), rest)
	}
}

// TestNotDumpable: other processes of the user cannot read the memory of postern.
func TestNotDumpable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want bool
	}{
		{[]string{"set", "K"}, false},
		{[]string{"--allow-debug", "set", "K"}, true},
	} {
		cmd, _ := command(t, tt.args...)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := stdin.Write(make([]byte, 1<<20)); err != nil { // see TestSignals
			t.Fatal(err)
		}
		info, err := os.Stat("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/environ")
		if err != nil {
			t.Fatal(err)
		}
		// The files of a process that cannot be dumped belong to root.
		if uid := int(info.Sys().(*syscall.Stat_t).Uid); os.Geteuid() != 0 && (uid == os.Geteuid()) != tt.want {
			t.Errorf("%v: /proc/PID/environ belongs to %d", tt.args, uid)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}
