//go:build unix

package safefile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/runtime/safefile"
)

// linked returns a folder, without links above it, in which the link cur leads to
// releases/1, with a file of each name in it and in releases.
func linked(t *testing.T, names ...string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "releases/1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("releases/1", filepath.Join(dir, "cur")); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		for _, path := range []string{name, "releases/" + name} {
			if err := os.WriteFile(filepath.Join(dir, path), []byte(path), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func TestPathMeansTheFileThatTheSystemMeans(t *testing.T) {
	t.Parallel()
	dir := linked(t, "x")
	for path, want := range map[string]struct{ abs, resolved string }{
		"x":                        {"x", "x"},
		".//x":                     {"x", "x"},
		"cur/x":                    {"cur/x", "cur/x"},
		"cur/../x":                 {"cur/../x", "releases/x"},
		"cur/.././/x":              {"cur/../x", "releases/x"},
		"cur/../../x":              {"cur/../../x", "x"},
		"cur/../1/../x":            {"cur/../x", "releases/x"},
		"releases/../x":            {"x", "x"},
		"releases/1/../../x":       {"x", "x"},
		"releases/../cur/../x":     {"cur/../x", "releases/x"},
		"cur/..":                   {"cur/..", "releases"},
		"no/../x":                  {"no/../x", ""},
		"x/../x":                   {"x/../x", ""},
		"cur/no/../../../x":        {"cur/no/../../../x", ""},
		"cur/../no":                {"cur/../no", "releases/no"},
		"../" + filepath.Base(dir): {"", ""},
	} {
		for _, given := range []struct{ dir, path string }{{dir, path}, {"/", dir + "/" + path}, {"", dir + "/" + path}} {
			abs, err := safefile.Abs(given.dir, given.path)
			if err != nil || abs != filepath.Clean(dir)+suffix(want.abs) {
				t.Errorf("Abs(%q, %q) = %q, %v, want %q", given.dir, given.path, abs, err, want.abs)
			}
			resolved, err := safefile.Resolve(given.dir, given.path)
			leads := want.resolved != "" || want.abs == ""
			if (err == nil) != leads || leads && resolved != dir+suffix(want.resolved) {
				t.Errorf("Resolve(%q, %q) = %q, %v, want %q", given.dir, given.path, resolved, err, want.resolved)
			}
			// The same file as for the system, or none.
			system, systemErr := os.Stat(dir + "/" + path)
			for _, p := range []string{abs, resolved} {
				if p == "" {
					continue
				}
				info, err := os.Stat(p)
				if (err == nil) != (systemErr == nil) || err == nil && !os.SameFile(info, system) {
					t.Errorf("%q leads elsewhere as %q: %v, %v", path, p, err, systemErr)
				}
			}
		}
	}
}

func suffix(path string) string {
	if path == "" {
		return ""
	}
	return "/" + path
}

func TestReplaceBehindALinkIsOfTheFileThatTheSystemMeans(t *testing.T) {
	t.Parallel()
	dir := linked(t, "x")
	if err := safefile.Replace(dir+"/cur/../x", []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"x": "x", "releases/x": "new"} {
		if b, err := os.ReadFile(filepath.Join(dir, path)); string(b) != want {
			t.Errorf("%s holds %q, %v, want %q", path, b, err, want)
		}
	}
	for _, path := range []string{"/no/../x", "/x/../x", "/..", "/.", "/releases/.."} {
		if err := safefile.Replace(dir+path, []byte("new"), 0o600); err == nil {
			t.Errorf("%q was replaced", path)
		}
	}
	if entries, err := os.ReadDir(dir); len(entries) != 3 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}

// The owner of what the system reads counts, and so does a link before "..".
func TestOwnerOfAPathBehindALink(t *testing.T) {
	t.Parallel()
	dir := linked(t, "x")
	if err := os.Chmod(filepath.Join(dir, "releases/x"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := safefile.CheckOwner(filepath.Join(dir, "x")); err != nil {
		t.Skipf("the folder of tests can be changed by others: %v", err)
	}
	if err := safefile.CheckOwner(dir + "/cur/../x"); err == nil {
		t.Error("a file that all may write passed")
	}
}

// A link leads where the system goes: a ".." in its text is behind the link before it.
func TestLinksLeadOutWhereTheSystemGoes(t *testing.T) {
	t.Parallel()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir, out := filepath.Join(base, "dir"), filepath.Join(base, "out")
	for _, path := range []string{dir + "/sub/deep", out + "/sub"} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link := func(name, to string) {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("away", "../out/sub")
	link("deep", "sub/deep")
	link("self", "self")
	for name, tt := range map[string]struct {
		to   string
		want string // where it leads out to, "" if it stays
	}{
		"dots":            {"away/../g", out + "/sub/../g"},
		"dots of a link":  {"dots/../h", out + "/sub/../g/../h"},
		"dots inside":     {"deep/../../away/../g", out + "/sub/../g"},
		"whole path":      {dir + "/away/../g", out + "/sub/../g"},
		"plain":           {"../out/g", out + "/g"},
		"through":         {"away/g", out + "/sub/g"},
		"back":            {"../dir/g", ""},
		"stays":           {"deep/../g", ""},
		"stays far":       {"deep/../../g", ""},
		"behind the root": {"deep/../../../out/g", out + "/g"},
		"behind nothing":  {"no/../../out/g", ""}, // leads nowhere
		"endless":         {"self/../../out", ""},
	} {
		link(name, tt.to)
		path := filepath.Join(dir, name)
		got := safefile.LinkedOut(dir, path)
		if tt.want != "" {
			got = filepath.Clean(got)
			tt.want = filepath.Clean(tt.want)
		}
		if got != tt.want {
			t.Errorf("%s -> %s leads out to %q, want %q", name, tt.to, got, tt.want)
		}
		if leads := safefile.LeadsOut(dir, path); leads != (tt.want != "") {
			t.Errorf("%s -> %s leads out: %t", name, tt.to, leads)
		}
	}
}
