//go:build unix

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-project/postern/runtime/config"
)

func TestNotRegular(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"real.yaml": "timeout: 5s\nproviders: {m: {module: memory}}\n"})
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := syscall.Mkfifo(path("pipe.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path("dir.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"zero.yaml": "/dev/zero", "link.yaml": "real.yaml", "loop.yaml": "loop.yaml"} {
		if err := os.Symlink(to, path(link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"pipe.yaml": "not a regular file (a pipe)", "dir.yaml": "not a regular file (a folder)", "zero.yaml": "not a regular file (a device)", "loop.yaml": "loop.yaml",
	} {
		if got := loadError(t, config.Sources{Path: path(name), Dir: dir}); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %q in it", name, got, want)
		}
	}
	if _, err := config.Load(config.Sources{Path: path("link.yaml"), Dir: dir}); err != nil {
		t.Errorf("a named link: %v", err)
	}
}

// A ".." after a link means to a configuration what it means to the system.
func TestDotsBehindALink(t *testing.T) {
	t.Parallel()
	const text = "providers: {m: {module: file, grant: {files: [{path: GRANT, write: true}]}, config: {path: GRANT, format: json}}}\n" +
		"policy: cur/../pol.lua\ndecision_log: cur/../d.jsonl\n"
	dir := folder(t, map[string]string{"pol.lua": "", "s.json": "{}"})
	inner := filepath.Join(dir, "releases/1")
	if err := os.MkdirAll(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"cur": "releases/1", "releases/cur": "1"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, grant string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, "GRANT", grant)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("releases/p.yaml", "s.json")
	write("p.yaml", "absent.json")
	write("releases/pol.lua", "x")
	c, err := config.Load(config.Sources{Path: "cur/../p.yaml", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	same := func(what, path, want string) {
		t.Helper()
		got, err := os.Stat(path)
		if info, wantErr := os.Stat(filepath.Join(dir, want)); err != nil || wantErr != nil || !os.SameFile(got, info) {
			t.Errorf("%s is %q, want %q (%v, %v)", what, path, want, err, wantErr)
		}
	}
	same("the configuration", c.Path, "releases/p.yaml")
	same("its folder", c.Options.Dir, "releases")
	same("the policy", c.Options.PolicyFile.Path, "releases/pol.lua")
	same("the folder of the log", strings.TrimSuffix(c.Options.DecisionLog.Path, "/d.jsonl"), "releases")

	// What a grant covers is judged by where it leads.
	write("releases/p.yaml", "cur/../pol.lua")
	if got := loadError(t, config.Sources{Path: "releases/p.yaml", Dir: dir}); !strings.Contains(got, "covers the policy") {
		t.Errorf("Load: %s", got)
	}
	write("releases/postern.yaml", "cur/../../s.json")
	if got := loadError(t, config.Sources{Dir: filepath.Join(dir, "releases"), Environ: home(t)}); !strings.Contains(got, "outside this folder") {
		t.Errorf("Load: %s", got)
	}
	if got := loadError(t, config.Sources{Path: "no/../p.yaml", Dir: dir}); !strings.Contains(got, "no such file") {
		t.Errorf("Load: %s", got)
	}
}

func TestFoundLinkIsRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"other.yaml": "timeout: 5s\nproviders: {m: {module: memory}}\n"})
	if err := os.Symlink("other.yaml", filepath.Join(dir, "postern.yaml")); err != nil {
		t.Fatal(err)
	}
	if got := loadError(t, config.Sources{Dir: dir}); !strings.Contains(got, "a symbolic link") {
		t.Errorf("Load: %s", got)
	}
}

func TestOtherOwnerTM177(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	dir := folder(t, map[string]string{"postern.yaml": "timeout: 5s\nproviders: {m: {module: memory}}\n"})
	if err := os.Chown(filepath.Join(dir, "postern.yaml"), 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if got := loadError(t, config.Sources{Dir: dir}); !strings.Contains(got, "belongs to another user") {
		t.Errorf("Load: %s", got)
	}
}

// TestNotFoundAboveWhatOthersCanWrite: the search for a configuration ends below a
// folder that others can write, so that nobody can plant one there.
func TestNotFoundAboveWhatOthersCanWrite(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o777, 0o707, os.ModeSticky | 0o777} {
		dir := layout(t, map[string]string{"a/postern.yaml": small, "a/b/x": "", "postern.yaml": small})
		if err := os.Chmod(filepath.Join(dir, "a"), mode); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(config.Sources{Dir: filepath.Join(dir, "a/b")})
		if err != nil || c.Path != "" {
			t.Errorf("a folder of mode %v above: Path = %q, %v, want none", mode, c.Path, err)
		}
	}
}
