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
