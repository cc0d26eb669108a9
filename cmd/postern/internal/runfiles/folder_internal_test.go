package runfiles

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func writeFile(path string, b []byte) error { return os.WriteFile(path, b, 0o600) }

// Folders that are created concurrently are distinct and are not swept; a folder
// without a living owner is removed (TM-165).
func TestRunFolders_TM165(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	left := filepath.Join(base, "postern", prefix+"left")
	other := filepath.Join(base, "postern", "other")
	for _, dir := range []string{left, other} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := writeFile(filepath.Join(dir, "SECRET"), []byte("s")); err != nil {
			t.Fatal(err)
		}
	}
	folders := make([]*Folder, 16)
	var wg sync.WaitGroup
	for i := range folders {
		wg.Go(func() {
			f, err := New(base)
			if err != nil {
				t.Error(err)
				return
			}
			if err := writeFile(filepath.Join(f.Path, "SECRET"), []byte("s")); err != nil {
				t.Error(err)
			}
			folders[i] = f
		})
	}
	wg.Wait()
	for _, f := range folders {
		if f == nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(f.Path, "SECRET")); err != nil {
			t.Error(err)
		}
		f.Remove()
	}
	entries, err := os.ReadDir(filepath.Join(base, "postern"))
	if err != nil || len(entries) != 1 || entries[0].Name() != "other" {
		t.Errorf("the folders %v remain (%v), want only the one that is not a run folder", entries, err)
	}
}

// What a killed process left is named, and removed by any use.
func TestSweep_TM165(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	live, err := New(base)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Remove()
	killed, err := New(base)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFile(filepath.Join(killed.Path, "SECRET"), []byte("s")); err != nil {
		t.Fatal(err)
	}
	if left := Left(base); len(left) != 0 {
		t.Errorf("left are %q, but both processes live", left)
	}
	_ = killed.lock.Close() // as the end of its process does
	if left := Left(base); !slices.Contains(left, killed.Path) || slices.Contains(left, live.Path) {
		t.Errorf("left are %q, want %q", left, killed.Path)
	}
	Sweep(base)
	if _, err := os.Stat(killed.Path); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", killed.Path, err)
	}
	if _, err := os.Stat(live.Path); err != nil {
		t.Error(err)
	}
	if left := Left(base); slices.Contains(left, killed.Path) {
		t.Errorf("left are %q", left)
	}
}

// A folder that is refused is not left behind in the folder of somebody else.
func TestRefusedFolderIsRemoved(t *testing.T) {
	t.Parallel()
	if os.PathSeparator != '/' {
		t.Skip("needs permissions")
	}
	base := t.TempDir()
	if err := os.Chmod(base, 0o777); err != nil {
		t.Fatal(err)
	}
	if f, err := New(base); err == nil {
		f.Remove()
		t.Fatal("a folder that others can write was accepted")
	}
	if entries, err := os.ReadDir(base); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v remain", entries, err)
	}
	own := filepath.Join(base, "postern")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := New(base); err == nil {
		t.Fatal("a folder that others can exchange was accepted")
	}
	if _, err := os.Stat(own); err != nil {
		t.Errorf("a folder that was there before: %v", err)
	}
}
