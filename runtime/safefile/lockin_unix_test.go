//go:build unix

package safefile_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/postern-project/postern/runtime/safefile"
)

func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func TestTryLockIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o775); err != nil {
		t.Fatal(err)
	}
	a, b := openRoot(t, dir), openRoot(t, dir)
	unlock, err := safefile.TryLockIn(a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := safefile.TryLockIn(b); !errors.Is(err, safefile.ErrLocked) {
		t.Errorf("a second lock: %v, want %v", err, safefile.ErrLocked)
	}
	if safefile.RemoveAbandonedIn(b, nil) != 0 {
		t.Error("the lock of a writer that lives was removed")
	}
	if got := mode(t, filepath.Join(dir, names(t, dir)[0])); got != 0o660 {
		t.Errorf("the mode of the lock is %v, want 0660: who may write the folder may lock it", got)
	}
	unlock()
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("%q are left", left)
	}
	if unlock, err = safefile.TryLockIn(b); err != nil {
		t.Fatal(err)
	}
	unlock()
	// That of a killed process is taken over.
	if err := os.WriteFile(filepath.Join(dir, "..postern-lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if unlock, err = safefile.TryLockIn(b); err != nil {
		t.Fatal(err)
	}
	unlock()
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("%q are left", left)
	}
	if err := os.Symlink("elsewhere", filepath.Join(dir, "..postern-lock")); err != nil {
		t.Fatal(err)
	}
	if _, err := safefile.TryLockIn(b); !errors.Is(err, safefile.ErrNotRegular) {
		t.Errorf("the lock is a link: %v, want %v", err, safefile.ErrNotRegular)
	}
}

func TestTryLockInExcludes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var inside atomic.Int32
	var writers sync.WaitGroup
	for range 4 {
		root := openRoot(t, dir)
		writers.Go(func() {
			for done := 0; done < 200; {
				safefile.RemoveAbandonedIn(root, nil)
				unlock, err := safefile.TryLockIn(root)
				if errors.Is(err, safefile.ErrLocked) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if inside.Add(1) != 1 {
					t.Error("two writers hold the lock")
				}
				inside.Add(-1)
				unlock()
				done++
			}
		})
	}
	writers.Wait()
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("%q are left", left)
	}
}
