package safefile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/safefile"
)

// write creates a file in a new folder and returns its path.
func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCutLineEnd: one final line break is cut, and nothing else.
func TestCutLineEnd(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "a": "a", "a\n": "a", "a\r\n": "a", "a\n\n": "a\n", "a\r\n\r\n": "a\r\n", "a\n\r\n": "a\n", "a\r": "a\r",
		"a\r\r\n": "a\r", "a\n\r": "a\n\r", "\n": "", "\r\n": "", "\r": "\r", " \n": " ",
	} {
		if got := string(safefile.CutLineEnd([]byte(text))); got != want {
			t.Errorf("CutLineEnd(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestUnexpanded: what a shell would have replaced at the beginning of a path is found.
func TestUnexpanded(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"~": "~", "~/x": "~", "$HOME": "$HOME", "$HOME/x": "$HOME", "${HOME}/x": "${HOME}", "$XDG_RUNTIME_DIR/a/b": "$XDG_RUNTIME_DIR", "$_/x": "$_",
		"": "", "/~/x": "", "./~": "", "./$HOME": "", "~x": "", "a/~": "", "a/$HOME": "", "$": "", "$/x": "", "${}": "", "${HOME": "", "$HOME.old/x": "", "$1/x": "", "$RECYCLE.BIN/x": "",
	} {
		if got := safefile.Unexpanded(path); got != want {
			t.Errorf("Unexpanded(%q) = %q, want %q", path, got, want)
		}
	}
}

// symlink skips the test where there are no symbolic links.
func symlink(t testing.TB, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	file := write(t, "content")
	link := file + ".link"
	symlink(t, file, link)
	for _, c := range []struct {
		name string
		open func(string) (*os.File, error)
		path string
		want error
		text string
	}{
		{"file", safefile.Open, file, nil, ""},
		{"link", safefile.Open, link, nil, ""},
		{"folder", safefile.Open, filepath.Dir(file), safefile.ErrNotRegular, "not a regular file (a folder)"},
		{"missing", safefile.Open, file + "x", fs.ErrNotExist, "no such file or directory"},
		{"file, no links", safefile.OpenNoFollow, file, nil, ""},
		{"link, no links", safefile.OpenNoFollow, link, safefile.ErrNotRegular, "not a regular file (a symbolic link)"},
		{"folder, no links", safefile.OpenNoFollow, filepath.Dir(file), safefile.ErrNotRegular, "not a regular file (a folder)"},
		{"missing, no links", safefile.OpenNoFollow, file + "x", fs.ErrNotExist, "no such file or directory"},
	} {
		f, err := c.open(c.path)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
		if err != nil {
			var pe *fs.PathError
			if !errors.As(err, &pe) || pe.Path != c.path || safefile.Reason(err) != c.text {
				t.Errorf("%s: error %v with reason %q, want a PathError with reason %q", c.name, err, safefile.Reason(err), c.text)
			}
			continue
		}
		if b, err := io.ReadAll(f); string(b) != "content" || err != nil {
			t.Errorf("%s: %q, %v", c.name, b, err)
		}
		f.Close()
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		content string
		limit   int64
		reason  string
	}{
		{"", 0, ""},
		{"", 10, ""},
		{"1234", 4, ""},
		{"1234", 1 << 40, ""},
		{"1234", 1<<63 - 1, ""},
		{"1234", 3, "larger than 3 bytes"},
		{"1234", 0, "larger than 0 bytes"},
		{"1234", -1, "larger than 0 bytes"},
		{strings.Repeat("x", 2048), 2048, ""},
		{strings.Repeat("x", 2049), 2048, "larger than 2 KiB"},
		{strings.Repeat("x", 1<<20+1), 1 << 20, "larger than 1 MiB"},
	} {
		b, err := safefile.Read(write(t, c.content), c.limit)
		switch {
		case c.reason == "" && (err != nil || string(b) != c.content):
			t.Errorf("Read of %d bytes, limit %d = %d bytes, %v", len(c.content), c.limit, len(b), err)
		case c.reason != "" && (!errors.Is(err, safefile.ErrTooLarge) || safefile.Reason(err) != c.reason || b != nil):
			t.Errorf("Read of %d bytes, limit %d = %q, %v, want %s", len(c.content), c.limit, b, err, c.reason)
		}
	}
	if _, err := safefile.Read(t.TempDir(), 10); !errors.Is(err, safefile.ErrNotRegular) {
		t.Errorf("Read of a folder: %v", err)
	}
}

func TestReadAllFromTheMiddle(t *testing.T) {
	t.Parallel()
	f, err := safefile.Open(write(t, "0123456789"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Seek(7, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if b, err := safefile.ReadAll(f, 10); string(b) != "789" || err != nil {
		t.Errorf("ReadAll = %q, %v, want 789", b, err)
	}
}

func TestOpenAppend(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	for _, line := range []string{"one\n", "two\n"} {
		f, err := safefile.OpenAppend(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(line); err != nil {
			t.Error(err)
		}
		f.Close()
	}
	if b, err := os.ReadFile(path); string(b) != "one\ntwo\n" || err != nil {
		t.Errorf("the log holds %q, %v", b, err)
	}
	link := path + ".link"
	symlink(t, path, link)
	for _, p := range []string{link, filepath.Dir(path)} {
		if f, err := safefile.OpenAppend(p); !errors.Is(err, safefile.ErrNotRegular) {
			t.Errorf("OpenAppend(%q) = %v, %v, want %v", p, f, err, safefile.ErrNotRegular)
		}
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	inner := errors.New("reason")
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{inner, "reason"},
		{&fs.PathError{Op: "open", Path: "p", Err: inner}, "reason"},
		{&os.LinkError{Op: "rename", Old: "a", New: "b", Err: inner}, "reason"},
		{&fs.PathError{Op: "open", Path: "p", Err: fs.ErrNotExist}, "no such file or directory"},
		{&fs.PathError{Op: "open", Path: "p", Err: fs.ErrPermission}, "permission denied"},
	} {
		if got := safefile.Reason(c.err); got != c.want {
			t.Errorf("Reason(%v) = %q, want %q", c.err, got, c.want)
		}
	}
}
