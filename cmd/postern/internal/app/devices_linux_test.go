package app

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// TestDevicesAreJudgedByWhereTheyAre: a path leads to a device of the system if the
// system says so, whatever its names say.
func TestDevicesAreJudgedByWhereTheyAre(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = r.Close(), w.Close() }()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "b/c"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"dev": "/dev", "null": "/dev/null", "link": filepath.Join(dir, "b/c"), "fd": "/dev/fd"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	shared, err := os.MkdirTemp("/dev/shm", "postern-test-")
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = os.RemoveAll(shared) }()
	if err := os.Symlink(filepath.Join(dir, "b/c"), filepath.Join(shared, "link")); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, "null2")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	number := strconv.Itoa(int(w.Fd()))
	fd := "/dev/fd/" + number
	for path, want := range map[string]bool{
		"/dev/null": true, "/dev/./null": true, "//dev//null": true, dir + "/dev/null": true, "/dev/shm/../null": true, fd: true, "/proc/self/fd/" + number: true, dir + "/fd/" + number: true,
		"/proc/thread-self/fd/" + number: true,
		pipe:                             false, shared + "/link/../../null2": false, shared + "/link/../../../null": false, dir + "/null": false, "/dev": false, "/dev/": false, "/dev/none": false, "/dev/shm/..": false, "/dev/shm": false, "": false, ".": false,
	} {
		device := deviceAt(path)
		if (device != "") != want {
			t.Errorf("deviceAt(%q) = %q", path, device)
		}
		if device != "" && !ofSystem().MatchString(device) {
			t.Errorf("%q is opened as %q", path, device)
		}
	}
}
