package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMountedFiles: whatever would replace or remove a file that is a mount point says
// that it is one, and so do the commands that examine providers.
func TestMountedFiles(t *testing.T) {
	t.Parallel()
	if err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/proc").Run(); err != nil {
		t.Skipf("no namespaces here: %v", err)
	}
	const config = `providers:
  f: { module: file, grant: { files: [{ path: ./s.env, write: true }] }, config: { path: s.env } }
  d: { module: file, grant: { files: [{ path: ./folder, write: true }] }, config: { path: folder, format: dir } }
chain: [f, d]
`
	for _, c := range []struct {
		args string
		code int
	}{
		{"set A 2", 78},
		{"delete A", 78},
		{"delete --provider d MOUNTED", 78},
		{"inject -i c.yaml -o result", 74},
		{"export -f json -o result", 74},
		{"redact -i result --in-place", 74},
		{"provider test f", 0},
		{"doctor", 0},
	} {
		cmd, errs := command(t, strings.Fields(c.args)...)
		for name, content := range map[string]string{"real": "A=value-of-a-file\n", "other": "other\n", "s.env": "", "result": "", "c.yaml": config, "folder/MOUNTED": ""} {
			path := filepath.Join(cmd.Dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		const mount = `mount --bind real s.env && mount --bind real folder/MOUNTED && mount --bind other result && exec "$@"`
		cmd.Args = append([]string{"unshare", "-rm", "sh", "-c", mount, "sh", cmd.Path}, cmd.Args[1:]...)
		cmd.Path, _ = exec.LookPath("unshare")
		out, _ := cmd.Output()
		all := string(out) + errs.String()
		if code := cmd.ProcessState.ExitCode(); code != c.code && c.args != "doctor" || !strings.Contains(all, "is a mount point, which cannot be replaced or removed") || strings.Contains(all, "unavailable") {
			t.Errorf("%s: exit code %d, want %d: %s", c.args, code, c.code, all)
		}
		if b, err := os.ReadFile(filepath.Join(cmd.Dir, "real")); err != nil || string(b) != "A=value-of-a-file\n" {
			t.Errorf("%s: the file has %q, %v", c.args, b, err)
		}
	}
}
