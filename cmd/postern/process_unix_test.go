//go:build unix

package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// command returns postern as a command in a new folder.
func command(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	config := "providers: { app: { module: env, grant: { env: [\"*\"] } }, mem: { module: memory } }\nchain: [app, mem]\n"
	if err := os.WriteFile(filepath.Join(dir, "c.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "postern", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "POSTERN_CONFIG=c.yaml", "HOME="+dir, "XDG_CACHE_HOME="+compiled(t), "POSTERN_CANARY="+canary)
	stderr := &bytes.Buffer{}
	cmd.Stderr = stderr
	return cmd, stderr
}

// endingSignals are the signals that end a program, with the exit codes of postern.
var endingSignals = map[syscall.Signal]int{
	syscall.SIGINT: 130, syscall.SIGTERM: 75, syscall.SIGHUP: 129, syscall.SIGQUIT: 131, syscall.SIGILL: 132, syscall.SIGTRAP: 133, syscall.SIGABRT: 134,
	syscall.SIGUSR1: 128 + int(syscall.SIGUSR1), syscall.SIGUSR2: 128 + int(syscall.SIGUSR2), syscall.SIGALRM: 142, syscall.SIGVTALRM: 154,
	syscall.SIGBUS: 128 + int(syscall.SIGBUS), syscall.SIGFPE: 136, syscall.SIGSEGV: 139, syscall.SIGSYS: 128 + int(syscall.SIGSYS),
}

// TestSignals: a signal ends a command that waits for its value, also if Go by itself
// would print all stacks.
func TestSignals(t *testing.T) {
	t.Parallel()
	for signal, want := range endingSignals {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd, stderr := command(t, "set", "K")
			cmd.Env = append(cmd.Env, "GOTRACEBACK=crash")
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// More than fits into a pipe: once it is written, the command is reading,
			// and it handles signals since before it reads.
			if _, err := stdin.Write(make([]byte, 1<<20)); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != want {
				t.Errorf("Wait = %v, want exit code %d", err, want)
			}
			if text := stderr.String(); !strings.HasPrefix(text, "postern: error: interrupted by SIG") || strings.Count(text, "\n") != 1 {
				t.Errorf("standard error is %q", stderr)
			}
		})
	}
}

// TestOutputFails: a result that cannot be written is an error.
func TestOutputFails(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no full device here")
	}
	defer func() { _ = full.Close() }()
	for _, args := range [][]string{{"get", "HOME"}, {"keys"}, {"help"}, {"version", "--json"}, {"provider", "list"}} {
		cmd, stderr := command(t, args...)
		cmd.Stdout = full
		var exit *exec.ExitError
		if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 74 {
			t.Errorf("%v: %v, want exit code 74; %s", args, err, stderr)
		}
		if !strings.Contains(stderr.String(), "postern: error: standard output: ") {
			t.Errorf("%v: standard error is %q", args, stderr)
		}
	}
}
