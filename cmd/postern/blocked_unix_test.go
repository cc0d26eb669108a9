//go:build unix

package main_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestSignalEndsBlockedOutput: one signal ends a command whose output nobody reads,
// even if nobody reads its errors either.
func TestSignalEndsBlockedOutput(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("v", 1<<17) // more than a pipe holds
	for name, args := range map[string][]string{
		"get": {"get", "big"}, "export": {"export", "-f", "json", "--only", "big"}, "inject": {"inject", "-i", "in.txt"}, "redact": {"redact", "-i", "in.txt"},
	} {
		for _, stuck := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stuck %v", name, stuck), func(t *testing.T) {
				t.Parallel()
				cmd, stderr := command(t, args...)
				writeStore(t, cmd.Dir, map[string]string{"big": big})
				if err := os.WriteFile(filepath.Join(cmd.Dir, "in.txt"), []byte("{{ postern://big }}"+strings.Repeat("text\n", 1<<16)), 0o600); err != nil {
					t.Fatal(err)
				}
				state, err := signalBlocked(t, cmd, stuck, syscall.SIGTERM)
				if err != nil || state.ExitCode() != 75 {
					t.Errorf("%v, %v, want exit code 75; %s", state, err, stderr)
				}
			})
		}
	}
}

// signalBlocked starts a command whose output nobody reads, and with stuck its errors
// neither, signals it once it writes, and returns how it ended.
func signalBlocked(t *testing.T, cmd *exec.Cmd, stuck bool, s syscall.Signal) (*os.ProcessState, error) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	if stuck {
		cmd.Stderr = cmd.Stdout
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it writes
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Wait() // Wait of cmd would close the pipe
}

// TestSignalEndsBlockedInput: one signal ends run while it waits for a dotenv file
// that is a pipe. Also one that the command could handle is not lost.
func TestSignalEndsBlockedInput(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGALRM} {
		cmd, _ := command(t, "run", "--env-file", "fifo", "--", "true")
		fifo := filepath.Join(cmd.Dir, "fifo")
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile(fifo, os.O_WRONLY, 0) // returns when it is open for reading
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exitOf(exit) != 128+int(signal) {
			t.Errorf("Wait = %v, want the end by %v", err, signal)
		}
		_ = w.Close()
	}
}

// TestSignalEndsRunWithBlockedOutput: one signal that ends the command ends run, too,
// although nobody reads what the command has written.
func TestSignalEndsRunWithBlockedOutput(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		signal syscall.Signal
	}{
		"TERM":          {"exec cat in.txt", syscall.SIGTERM},
		"INT":           {"exec cat in.txt", syscall.SIGINT},
		"HUP":           {"exec cat in.txt", syscall.SIGHUP},
		"a trap":        {"trap 'exit 143' TERM; cat in.txt & wait; exit 1", syscall.SIGTERM},
		"a left behind": {"(trap '' TERM; exec cat in.txt) & exec cat in.txt", syscall.SIGTERM},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, stderr := command(t, "run", "--only", "big", "--", "sh", "-c", c.script)
			writeStore(t, cmd.Dir, map[string]string{"big": "value-of-the-store"})
			if err := os.WriteFile(filepath.Join(cmd.Dir, "in.txt"), []byte(strings.Repeat("text\n", 1<<18)), 0o600); err != nil {
				t.Fatal(err)
			}
			state, err := signalBlocked(t, cmd, false, c.signal)
			if err != nil {
				t.Fatal(err)
			}
			status := state.Sys().(syscall.WaitStatus)
			if name == "a trap" && status.ExitStatus() == 143 {
				return
			}
			if !status.Signaled() || status.Signal() != c.signal {
				t.Errorf("%v, want the end by %v; %s", state, c.signal, stderr)
			}
		})
	}
}

// TestStandardInputMayBeASocket: every FILE option reads standard input by each of its
// names, also where opening that path fails, as it does for sockets.
func TestStandardInputMayBeASocket(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"} {
		for what, args := range map[string][]string{
			"run":    {"run", "--only", "k", "--env-file", name, "--", "sh", "-c", "echo got $QQ"},
			"inject": {"inject", "-i", name},
			"redact": {"redact", "-i", name},
		} {
			if _, err := os.Stat(name); err != nil && name != "-" {
				continue // a system without this name
			}
			cmd, stderr := command(t, args...)
			writeStore(t, cmd.Dir, map[string]string{"k": "value-of-the-store"})
			pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			in, text := os.NewFile(uintptr(pair[0]), "in"), os.NewFile(uintptr(pair[1]), "text")
			if _, err := text.WriteString("QQ=q-from-the-socket\n"); err != nil {
				t.Fatal(err)
			}
			_ = text.Close()
			cmd.Stdin = in
			if out, err := cmd.Output(); err != nil || what == "run" && !strings.Contains(string(out), "got [REDACTED:QQ]") {
				t.Errorf("%s, %s: %v, %q; %s", what, name, err, out, stderr)
			}
			_ = in.Close()
		}
	}
}
