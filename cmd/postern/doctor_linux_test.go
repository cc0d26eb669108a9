package main_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDoctorCompiles: doctor says that module files are compiled only where they are.
func TestDoctorCompiles(t *testing.T) {
	t.Parallel()
	if err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/proc").Run(); err != nil {
		t.Skipf("no namespaces here: %v", err)
	}
	for hidden, want := range map[string]string{
		"/dev":  "ok    compiler  ",
		"/proc": "warn  compiler  ",
	} {
		cmd, errs := command(t, "doctor")
		cmd.Args = append([]string{"unshare", "-rm", "sh", "-c", `mount -t tmpfs none "$1" && shift && exec "$@"`, "sh", hidden, cmd.Path}, cmd.Args[1:]...)
		cmd.Path, _ = exec.LookPath("unshare")
		out, _ := cmd.Output()
		if !strings.Contains(string(out), want) {
			t.Errorf("without %s: %s%s", hidden, out, errs)
		}
	}
}
