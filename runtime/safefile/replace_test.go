package safefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/safefile"
)

// names returns the entries of a folder.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func wantFile(t testing.TB, path, content string) {
	t.Helper()
	if b, err := os.ReadFile(path); string(b) != content || err != nil {
		t.Errorf("%s holds %q, %v, want %q", filepath.Base(path), b, err, content)
	}
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{filepath.Base(path)}) {
		t.Errorf("the folder holds %q", got)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"first", "", "third"} {
		if err := safefile.Replace(path, []byte(content), 0o640); err != nil {
			t.Errorf("Replace: %v", err)
		}
		wantFile(t, path, content)
	}
	if err := safefile.Replace(filepath.Join(path, "x"), nil, 0o600); err == nil {
		t.Error("Replace below a file succeeded")
	}
	if err := safefile.Replace(filepath.Dir(path), nil, 0o600); err == nil {
		t.Error("Replace of a folder succeeded")
	}
	wantFile(t, path, "third")
}

func TestReplaceSoon(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"first", "", "third"} {
		if err := safefile.ReplaceSoon(path, []byte(content), 0o640); err != nil {
			t.Errorf("ReplaceSoon: %v", err)
		}
		wantFile(t, path, content)
	}
	if err := safefile.ReplaceSoon(filepath.Dir(path), nil, 0o600); err == nil {
		t.Error("ReplaceSoon of a folder succeeded")
	}
}

func TestReplaceLongName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{strings.Repeat("x", 250), strings.Repeat("ä", 120)} {
		path := filepath.Join(t.TempDir(), name)
		if err := safefile.Replace(path, []byte("x"), 0o600); err != nil {
			t.Errorf("Replace: %v", err)
		}
		wantFile(t, path, "x")
	}
}

func TestReplaceKeepsTheTargetOfALink(t *testing.T) {
	t.Parallel()
	target := write(t, "target")
	link := filepath.Join(t.TempDir(), "link")
	symlink(t, target, link)
	if err := safefile.Replace(link, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantFile(t, link, "new")
	wantFile(t, target, "target")
}

func TestReplacement(t *testing.T) {
	t.Parallel()
	path := write(t, "old")
	dir := filepath.Dir(path)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, begin := range map[string]func() (*safefile.Replacement, error){
		"Create":   func() (*safefile.Replacement, error) { return safefile.Create(path) },
		"CreateIn": func() (*safefile.Replacement, error) { return safefile.CreateIn(root, "file") },
	} {
		r, err := begin()
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{name, ", ", "written"} {
			if _, err := r.Write([]byte(part)); err != nil {
				t.Error(err)
			}
		}
		between := names(t, dir)
		if len(between) != 2 || !safefile.IsTemporary(between[0]) {
			t.Errorf("%s: before Commit the folder holds %q", name, between)
		}
		if hidden := strings.HasPrefix(between[0], ".."); hidden != (name == "CreateIn") {
			t.Errorf("%s: the temporary name is %q", name, between[0])
		}
		if err := r.Commit(0o600); err != nil {
			t.Errorf("%s: Commit: %v", name, err)
		}
		if err := r.Commit(0o600); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: second Commit: %v, want %v", name, err, fs.ErrClosed)
		}
		r.Abandon()
		wantFile(t, path, name+", written")
	}
}

func TestAbandon(t *testing.T) {
	t.Parallel()
	path := write(t, "old")
	r, err := safefile.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Write([]byte("new")); err != nil {
		t.Error(err)
	}
	r.Abandon()
	r.Abandon()
	if err := r.Commit(0o600); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Commit after Abandon: %v, want %v", err, fs.ErrClosed)
	}
	wantFile(t, path, "old")
}

func TestCreateInTakesNamesOnly(t *testing.T) {
	t.Parallel()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, name := range []string{"", ".", "..", "a/b", "/a", "../a"} {
		if r, err := safefile.CreateIn(root, name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("CreateIn(%q) = %v, %v, want %v", name, r, err, fs.ErrInvalid)
		}
	}
}

func TestIsTemporary(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		".out.txt.postern-123456": true, "..out.txt.postern-1": true, ".a.postern-1.postern-2": true,
		".out.txt.postern-": false, ".out.txt.postern-12x": false, "out.txt.postern-1": false, ".postern-1": false, "": false, "sums": false,
	} {
		if got := safefile.IsTemporary(name); got != want {
			t.Errorf("IsTemporary(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestRemoveAbandoned(t *testing.T) {
	t.Parallel()
	path := write(t, "old")
	dir := filepath.Dir(path)
	r, err := safefile.Create(path) // its writer lives
	if err != nil {
		t.Fatal(err)
	}
	defer r.Abandon()
	live := names(t, dir)[0]
	for _, name := range []string{".file.postern-1", "..file.postern-2", ".file.postern-x", ".other.postern-1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	safefile.RemoveAbandoned(path)
	want := []string{live, ".file.postern-x", ".other.postern-1", "file"}
	slices.Sort(want)
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
	safefile.RemoveAbandoned(filepath.Join(dir, "no", "folder")) // must not panic
}
