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

// TestOwnerTM177: a configuration that was found is used only if nobody but the
// user can write the file and its folder. A named one is used in any case.
func TestOwnerTM177(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		file, folder os.FileMode
		want         string
	}{
		{"file writable by the group", 0o620, 0o700, "here and is writable by others"},
		{"file writable by all", 0o602, 0o700, "here and is writable by others"},
		{"folder writable by the group", 0o600, 0o770, "a folder that is writable by others"},
		{"folder writable by all", 0o600, 0o707, "a folder that is writable by others"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, map[string]string{"postern.yaml": "timeout: 5s\nproviders: {m: {module: memory}}\n"})
			file := filepath.Join(dir, "postern.yaml")
			if err := os.Chmod(file, tt.file); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(dir, tt.folder); err != nil {
				t.Fatal(err)
			}
			if got := loadError(t, config.Sources{Dir: dir}); !strings.Contains(got, tt.want) {
				t.Errorf("Load: %s, want %q in it", got, tt.want)
			}
			if _, err := config.Load(config.Sources{Dir: dir, Path: file}); err != nil {
				t.Errorf("named: %v", err)
			}
		})
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
