package safefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// mountedFolder is a folder whose entries cannot be replaced or removed. The file at
// entry stands for each of them.
type mountedFolder struct {
	pathFolder
	entry string
	err   error
}

func (d mountedFolder) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if name == "file" {
		return os.OpenFile(d.entry, flag, perm)
	}
	return d.pathFolder.OpenFile(name, flag, perm)
}

func (d mountedFolder) Rename(string, string) error {
	return &os.LinkError{Op: "rename", Old: "a", New: "b", Err: d.err}
}

// TestMountPointsAreNamed: a file that cannot be replaced is a mount point if it belongs to
// another mount than its folder, and else what the system says.
func TestMountPointsAreNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	const elsewhere = "/proc/self/stat" // on a mount of its own
	for _, c := range []struct {
		entry string
		err   error
		want  error
	}{
		{elsewhere, syscall.EBUSY, ErrMountPoint},
		{elsewhere, syscall.EXDEV, ErrMountPoint},
		{elsewhere, syscall.EIO, syscall.EIO},
		{path, syscall.EBUSY, syscall.EBUSY},
		{path, syscall.EXDEV, syscall.EXDEV},
		{filepath.Join(dir, "absent"), syscall.EBUSY, syscall.EBUSY},
	} {
		r, err := create(mountedFolder{pathFolder(dir + "/"), c.entry, c.err}, "file", ".")
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Commit(0o600); !errors.Is(err, c.want) || errors.Is(err, ErrMountPoint) != (c.want == ErrMountPoint) {
			t.Errorf("%s, %v: %v, want %v", c.entry, c.err, err, c.want)
		}
	}
	if left := Abandoned(dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if IsMountPoint(path) || IsMountPoint(dir) || IsMountPoint("") || IsMountPoint(filepath.Join(dir, "absent")) {
		t.Error("a file that is not a mount point is taken for one")
	}
	if !IsMountPoint("/proc") {
		t.Error("/proc is not taken for a mount point")
	}
}
