//go:build unix

package audit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/audit"
)

// Records go to the file that the path leads to, and to no file that nobody finds.
func TestRecordsFollowThePathOfTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, rotated := filepath.Join(dir, "log"), filepath.Join(dir, "log.1")
	l, err := audit.Open(path, audit.Options{Required: true})
	if err != nil {
		t.Fatal(err)
	}
	lines := func(path string) int {
		b, err := os.ReadFile(path)
		if err != nil {
			return -1
		}
		return strings.Count(string(b), "\n")
	}
	record := func() error {
		_, err := l.Intent(t.Context(), denied("k"))
		return err
	}
	if err := record(); err != nil || lines(path) != 1 {
		t.Fatalf("the first record: %v, %d lines", err, lines(path))
	}
	if err := os.Rename(path, rotated); err != nil {
		t.Fatal(err)
	}
	if err := record(); err != nil || lines(path) != 1 || lines(rotated) != 1 {
		t.Errorf("after a rename: %v, %d and %d lines; want 1 and 1", err, lines(path), lines(rotated))
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := record(); err != nil || lines(path) != 1 {
		t.Errorf("after a removal: %v, %d lines; want 1", err, lines(path))
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := record(); err == nil || strings.Contains(err.Error(), dir) {
		t.Errorf("without its folder: %v; want an error without the path", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := record(); err != nil || lines(path) != 1 {
		t.Errorf("with the folder again: %v, %d lines; want 1", err, lines(path))
	}
	_ = l.Close()
}

// A log whose path cannot be followed any more, as after a process gave up its rights,
// goes on in the file that is open.
func TestRecordsGoOnWhenThePathCannotBeFollowed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dir")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := audit.Open(filepath.Join(dir, "log"), audit.Options{Required: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".real"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("dir", dir); err != nil { // a link to itself: any error but "no such file"
		t.Fatal(err)
	}
	if _, err := l.Intent(t.Context(), denied("k")); err != nil {
		t.Errorf("a record: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir+".real", "log")); err != nil || strings.Count(string(b), "\n") != 1 {
		t.Errorf("the open file has %q, %v; want the record", b, err)
	}
}
