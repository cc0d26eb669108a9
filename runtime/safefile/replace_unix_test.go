//go:build unix

package safefile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/postern-project/postern/runtime/safefile"
)

func mode(t testing.TB, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// TestReplaceModes: the new file has the mode that was asked for, whatever the
// old file's and the umask, and is private until it is complete.
func TestReplaceModes(t *testing.T) {
	t.Parallel()
	path := write(t, "old")
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	for _, perm := range []os.FileMode{0o666, 0o600, 0o644} {
		r, err := safefile.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := mode(t, filepath.Join(filepath.Dir(path), names(t, filepath.Dir(path))[0])); got != 0o600 {
			t.Errorf("before Commit the mode is %v", got)
		}
		if err := r.Commit(perm); err != nil {
			t.Error(err)
		}
		if got := mode(t, path); got != perm {
			t.Errorf("the mode is %v, want %v", got, perm)
		}
	}
}

func TestCommitLike(t *testing.T) {
	t.Parallel()
	path := write(t, "old")
	uid := os.Geteuid()
	if uid == 0 { // only root can give files away
		uid = 65534
		if err := os.Chown(path, uid, 65534); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	old, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := safefile.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.CommitLike(old); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Sys().(*syscall.Stat_t); os.SameFile(old, info) || info.Mode() != 0o640 || int(got.Uid) != uid {
		t.Errorf("the new file has mode %v, owner %d; want 0640, %d", info.Mode(), got.Uid, uid)
	}
}

// TestReplaceInUnreadableFolder: writing takes no right to list the folder.
func TestReplaceInUnreadableFolder(t *testing.T) {
	t.Parallel()
	path := write(t, "old")
	dir := filepath.Dir(path)
	if err := os.Chmod(dir, 0o300); err != nil {
		t.Fatal(err)
	}
	err := safefile.Replace(path, []byte("new"), 0o600)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Errorf("Replace: %v", err)
	}
	wantFile(t, path, "new")
}

// TestReplaceConcurrently: readers see one content or the other, writers that
// clean up leave each other's files alone, and nothing stays behind.
func TestReplaceConcurrently(t *testing.T) {
	t.Parallel()
	path := write(t, "")
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			content := bytes.Repeat([]byte{byte('a' + i)}, 10_000)
			for range 50 {
				safefile.RemoveAbandoned(path)
				if err := safefile.Replace(path, content, 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 200 {
		b, err := safefile.Read(path, 10_000)
		if err != nil || len(b) > 0 && !bytes.Equal(b, bytes.Repeat(b[:1], 10_000)) {
			t.Errorf("read %d bytes, %v", len(b), err)
		}
	}
	writers.Wait()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, string(b))
}

func TestLock(t *testing.T) {
	t.Parallel()
	path := t.TempDir() // folders can be locked too
	open := func() *os.File {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first, second := open(), open()
	defer second.Close()
	if err := safefile.TryLock(first); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	if err := safefile.TryLock(first); err != nil {
		t.Errorf("TryLock by the one who has it: %v", err)
	}
	if err := safefile.TryLock(second); !errors.Is(err, safefile.ErrLocked) {
		t.Errorf("TryLock of a locked file: %v, want %v", err, safefile.ErrLocked)
	}
	locked := make(chan error)
	go func() { locked <- safefile.Lock(second) }()
	first.Close()
	if err := <-locked; err != nil {
		t.Errorf("Lock: %v", err)
	}
	third := open()
	third.Close()
	if err := safefile.TryLock(third); err == nil {
		t.Error("TryLock of a closed file succeeded")
	}
}
