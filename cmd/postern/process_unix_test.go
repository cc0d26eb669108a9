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
	cmd.Env = append(os.Environ(), "POSTERN_CONFIG=c.yaml", "HOME="+dir, "XDG_CACHE_HOME="+dir, "POSTERN_CANARY="+canary)
	stderr := &bytes.Buffer{}
	cmd.Stderr = stderr
	return cmd, stderr
}

// TestSignals: a signal ends a command that waits for its value.
func TestSignals(t *testing.T) {
	t.Parallel()
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 75} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd, stderr := command(t, "set", "K")
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// More than a pipe holds: once it is written the command reads, and
			// listens to signals since before that.
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
			if !strings.Contains(stderr.String(), "postern: error: interrupted by "+map[os.Signal]string{os.Interrupt: "SIGINT", syscall.SIGTERM: "SIGTERM"}[signal]) {
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
