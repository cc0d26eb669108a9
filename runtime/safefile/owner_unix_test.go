//go:build unix

package safefile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/runtime/safefile"
)

// TestCheckOwnerOfFiles asks the real system. The folder of temporary files is
// expected to be root's, and sticky or closed to others.
func TestCheckOwnerOfFiles(t *testing.T) {
	t.Parallel()
	path := write(t, "")
	if err := safefile.CheckOwner(filepath.Dir(filepath.Dir(path))); err != nil {
		t.Skip(err)
	}
	if err := safefile.CheckOwner(path); err != nil {
		t.Errorf("CheckOwner of a private file: %v", err)
	}
	if err := os.Chmod(path, 0o602); err != nil {
		t.Fatal(err)
	}
	var owner *safefile.OwnerError
	if err := safefile.CheckOwner(path); !errors.As(err, &owner) || owner.Path != path || owner.Problem != safefile.Writable {
		t.Errorf("CheckOwner of a file with mode 0602: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := (safefile.Rule{}).Check(path, info); !errors.As(err, &owner) || owner.Problem != safefile.Writable {
		t.Errorf("Check of a file with mode 0602: %v", err)
	}
	if err := safefile.CheckOwner(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("CheckOwner of a missing file: %v", err)
	}
}
