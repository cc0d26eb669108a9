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
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if stuck {
					cmd.Stderr = cmd.Stdout
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				if _, err := out.Read(make([]byte, 1)); err != nil { // it writes
					t.Fatal(err)
				}
				if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				state, err := cmd.Process.Wait() // Wait of cmd would close the pipe
				if err != nil || state.ExitCode() != 75 {
					t.Errorf("%v, %v, want exit code 75; %s", state, err, stderr)
				}
				_ = out.Close()
			})
		}
	}
}

// TestSignalEndsBlockedInput: one signal ends run while it waits for a dotenv file
// that is a pipe.
func TestSignalEndsBlockedInput(t *testing.T) {
	t.Parallel()
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
	defer func() { _ = w.Close() }()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exitOf(exit) != 143 {
		t.Errorf("Wait = %v, want the end by SIGTERM", err)
	}
}
