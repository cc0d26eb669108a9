package capability_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

// says returns what is shown of the text of a module that was given value.
func says(t *testing.T, value, text string) string {
	t.Helper()
	g := guesttest.New(t, capability.Options{}, all.Grants{})
	g.Call.DiscloseString("file", value)
	g.Call.Fail([]byte(text))
	return g.Call.End().GuestText
}

// reason finds the reasons for which the built-in modules refuse a file.
var reason = regexp.MustCompile(`(?:what: |problem\()"([^"]+)"`)

// What a built-in module says about a place in a file is shown, also if the file, or a
// value in it, has the same words.
func TestPlacesInFilesAreShown(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../modules/*/src/*.rs")
	if err != nil {
		t.Fatal(err)
	}
	lib, err := filepath.Glob("../../../modules/lib/*/src/*.rs")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range append(files, lib...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range reason.FindAllSubmatch(text, -1) {
			found[string(m[1])] = true
		}
	}
	if len(found) < 8 {
		t.Fatalf("only %d reasons were found: %v", len(found), found)
	}
	for why := range found {
		text := "line 4, column 17: " + why
		for _, value := range []string{
			"# one secret per line, first column is the name: " + why + "\n", "line", "column", "multi\nline\ncolumn", why, text, "x\n\t" + why + "\n", "line 4, column 17",
		} {
			if got := says(t, value, text); got != text {
				t.Errorf("%q became %q because of %q", text, got, value)
			}
		}
	}
}

// TM-019: nothing but the place is exempt.
func TestTM019TextsLikePlacesAreMasked(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{ // value, text, what must be shown
		{"pin 48151623\n", "line 48151623, column 7: not TOML", "line [REDACTED:file], column 7: not TOML"},
		{"48151623", "line 3, column 48151623: not TOML", "line 3, column [REDACTED:file]: not TOML"},
		{"line hunter2\n", "line 3, column 7: hunter2", ""},
		{"hunter2-x", "line 3, column 7: not TOML hunter2-x", "line 3, column 7: not TOML [REDACTED:file]"},
		{"hunter2-x", "line 3, column 7: not TOML\nhunter2-x", "line 3, column 7: not TOML\n[REDACTED:file]"},
	} {
		got := says(t, c[0], c[1])
		if c[2] == "" {
			if regexp.MustCompile("hunter2").MatchString(got) {
				t.Errorf("%q shows %q", c[1], got)
			}
		} else if got != c[2] {
			t.Errorf("%q became %q, want %q", c[1], got, c[2])
		}
	}
}
