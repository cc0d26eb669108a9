//go:build unix

package safefile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-project/postern/runtime/safefile"
)

// TestOpenDoesNotBlock would hang, not fail: a pipe without a writer blocks the
// one who opens it.
func TestOpenDoesNotBlock(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{pipe: "(a pipe)", os.DevNull: "(a device)"} {
		for name, open := range map[string]func(string) (*os.File, error){"Open": safefile.Open, "OpenNoFollow": safefile.OpenNoFollow} {
			if f, err := open(path); !errors.Is(err, safefile.ErrNotRegular) || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s(%q) = %v, %v, want %s", name, path, f, err, want)
			}
		}
	}
	if f, err := safefile.OpenAppend(pipe); !errors.Is(err, safefile.ErrNotRegular) {
		t.Errorf("OpenAppend of a pipe = %v, %v", f, err)
	}
}

// TestOpenWhilePipeTakesItsPlace exchanges a file and a pipe as fast as it can:
// whatever Open returns is regular, and it never hangs.
func TestOpenWhilePipeTakesItsPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.WriteFile(at("file"), []byte("x"), 0o600), syscall.Mkfifo(at("pipe"), 0o600)); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			from := at([]string{"file", "pipe"}[i%2])
			_ = os.Link(from, at("next"))
			_ = os.Rename(at("next"), at("path"))
			_ = os.Remove(at("next")) // a rename of two links to one file leaves both
		}
	}()
	for range 2000 {
		f, err := safefile.Open(at("path"))
		if err != nil {
			if !errors.Is(err, safefile.ErrNotRegular) && !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
			continue
		}
		if b, err := io.ReadAll(f); string(b) != "x" || err != nil {
			t.Errorf("read %q, %v", b, err)
		}
		f.Close()
	}
	close(stop)
	<-done
}

// TestReadOfUnknownSize reads files that are regular but give no size.
func TestReadOfUnknownSize(t *testing.T) {
	t.Parallel()
	const path = "/proc/self/maps"
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Skip("there are no such files here")
	}
	if b, err := safefile.Read(path, 1<<20); err != nil || len(b) < 1000 {
		t.Errorf("Read = %d bytes, %v", len(b), err)
	}
	if b, err := safefile.Read(path, 100); !errors.Is(err, safefile.ErrTooLarge) {
		t.Errorf("Read with limit 100 = %d bytes, %v", len(b), err)
	}
}

func TestOpenAppendModes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	f, err := safefile.OpenAppend(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the new log has mode %v, %v, want 0600", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o610); err != nil {
		t.Fatal(err)
	}
	if f, err := safefile.OpenAppend(path); err == nil || safefile.Reason(err) != "the file is executable" {
		t.Errorf("OpenAppend of an executable file = %v, %v", f, err)
	}
	f, err = safefile.OpenAppend(os.DevNull)
	if err != nil {
		t.Errorf("OpenAppend of a device: %v", err)
	}
	f.Close()
}
