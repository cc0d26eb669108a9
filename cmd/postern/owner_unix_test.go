//go:build unix

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReplaceRefusesToTakeFilesAway: a user who may write the folder, but not give the
// new file to the owner of the old one, is refused, and the old file stays.
func TestReplaceRefusesToTakeFilesAway(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a file of another user")
	}
	cmd, stderr := command(t, "inject", "--out", "out.txt")
	writeStore(t, cmd.Dir, map[string]string{"k": canary})
	out := filepath.Join(cmd.Dir, "out.txt")
	if err := os.WriteFile(out, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{cmd.Dir, filepath.Join(cmd.Dir, "c.yaml"), filepath.Join(cmd.Dir, "s.json")} {
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	for dir := filepath.Dir(cmd.Dir); dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Path = filepath.Join(cmd.Dir, "postern") // the test's own copy lies where only root may go
	if b, err := os.ReadFile(program(t)); err != nil || os.WriteFile(cmd.Path, b, 0o755) != nil {
		t.Fatalf("copy the program: %v", err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Stdin = strings.NewReader("{{ postern://k }}")
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 74 {
		t.Errorf("%v: %s", err, stderr)
	}
	if !strings.Contains(stderr.String(), `cannot write "out.txt": its owner cannot be kept: `) {
		t.Errorf("standard error is %q", stderr)
	}
	if b, err := os.ReadFile(out); err != nil || string(b) != "old" {
		t.Errorf("out.txt is %q, %v", b, err)
	}
	if left := leftOvers(t, cmd.Dir); len(left) > 0 {
		t.Errorf("it left %q", left)
	}
}

// program returns the path of postern.
func program(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("postern")
	if err != nil {
		t.Fatal(err)
	}
	return path
}
