package ci_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A release fails if two builds differ, or a binary is too large, and then it leaves no
// files; it refuses a tag that there is not, and a folder that there is.
func TestReleaseFails(t *testing.T) {
	work := t.TempDir()
	run := func(path string, args ...string) (string, int) {
		return script(t, []string{"PATH=" + path, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null"}, args...)
	}
	source := filepath.Join(work, "source")
	path := os.Getenv("PATH")
	text, err := os.ReadFile("release.sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(source, ".ci"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, ".ci/release.sh"), text, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "."}, {"-c", "user.name=n", "-c", "user.email=n@localhost", "commit", "-qm", "x"}, {"tag", "v1.0.0"},
	} {
		if out, status := run(path, append([]string{"git", "-C", source}, args...)...); status != 0 {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	const build = `[ "$1" = env ] && { echo linux; exit; }
while [ "$1" != -o ]; do shift; done
`
	for name, c := range map[string]struct {
		args   []string
		build  string // what the fake build writes to $2
		status int
		want   string
	}{
		"no arguments":      {nil, "", 2, "usage"},
		"no such tag":       {[]string{"v9.9.9", work + "/new"}, "", 2, "no tag v9.9.9"},
		"a folder is there": {[]string{"v1.0.0", source}, "", 2, "exists"},
		"two builds differ": {[]string{"v1.0.0", work + "/new"}, `echo "$GOCACHE" >"$2"`, 1, "two builds of postern_1.0.0_linux_amd64 differ"},
		"too large":         {[]string{"v1.0.0", work + "/new"}, `head -c 14000001 /dev/zero >"$2"`, 1, "has 14000001 bytes, more than 14000000"},
	} {
		out, status := run(bin(t, nil, map[string]string{"go": build + c.build}), append([]string{source + "/.ci/release.sh"}, c.args...)...)
		if status != c.status || !strings.Contains(out, c.want) {
			t.Errorf("%s: exit status %d, want %d: %s", name, status, c.status, out)
		}
		if _, err := os.Stat(work + "/new"); err == nil {
			t.Errorf("%s: files are left", name)
		}
	}
}
