package capability_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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

// What the built-in modules say: of a place in a file, of a file or a key as a whole, and
// of the key that was named or its value.
var (
	placeText = regexp.MustCompile(`(?:what: |problem\()"([^"]+)"`)
	wholeText = regexp.MustCompile(`(?:because\(\s*|TooLarge\(|EXCEEDED: &str = |SOPS: &str = |then_some\()"([^"]+)"`)
	lineText  = regexp.MustCompile(`"(line \{line\}: [^"]+)"|&\["(line )", &decimal\(line\), "(: [^"]+)"`)
	namedText = regexp.MustCompile(`"\{key\}(: [^"{]+)"|&\[key, "(: [^"]+)"|Err\("((?:[^"\\]|\\.)+)"`)
)

// moduleTexts returns what pattern finds in the sources of the built-in modules.
func moduleTexts(t *testing.T, pattern *regexp.Regexp, atLeast int) []string {
	t.Helper()
	var found []string
	for _, glob := range []string{"../../../modules/*/src/*.rs", "../../../modules/lib/*/src/*.rs"} {
		names, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasPrefix(filepath.Base(name), "test") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range pattern.FindAllSubmatch(text, -1) {
				said := string(bytes.Join(m[1:], nil))
				said = strings.NewReplacer("{line}", "", `\"`, `"`, `\\`, `\`).Replace(said)
				found = append(found, said)
			}
		}
	}
	if len(found) < atLeast {
		t.Fatalf("only %d texts were found: %q", len(found), found)
	}
	return found
}

// told returns what the built-in modules may say.
func told(t *testing.T) (texts []string) {
	t.Helper()
	for _, why := range moduleTexts(t, placeText, 8) {
		texts = append(texts, "line 4, column 17: "+why)
	}
	for _, why := range moduleTexts(t, lineText, 2) {
		texts = append(texts, strings.Replace(why, "line ", "line 4", 1))
	}
	for _, why := range moduleTexts(t, namedText, 8) {
		texts = append(texts, "KEY: "+strings.TrimPrefix(why, ": "))
	}
	return append(texts, moduleTexts(t, wholeText, 15)...)
}

// What a built-in module says about a file is shown, also if the file, or a value in it, has
// the same words.
func TestPlacesInFilesAreShown(t *testing.T) {
	t.Parallel()
	for _, text := range told(t) {
		_, why, _ := strings.Cut(text, ": ")
		for _, value := range []string{
			"# one secret per line, first column is the name: " + why + "\n", "line", "column", "multi\nline\ncolumn", why, text, "x\n\t" + why + "\n", "line 4, column 17",
		} {
			if got := says(t, value, text); got != text {
				t.Errorf("%q became %q because of %q", text, got, value)
			}
		}
	}
}

// A file that is too large to be compared with a text in all spellings hides no reason.
func TestReasonIsShownForALargeFile(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"words":   strings.Repeat("correct horse 12345678 ", 50<<10),
		"letters": "A=" + strings.Repeat("x", 1<<20-3),
		"numbers": strings.Repeat("123456789\n", 90<<10),
	} {
		for _, text := range append(told(t), "line 23456, column 34567: not TOML", "line 81231, column 5: duplicate key") {
			if got := says(t, value, text); got != text {
				t.Errorf("%s: %q became %q", name, text, got)
			}
		}
	}
}

// TM-019: in a large file, a number is still compared with what the file has.
func TestTM019NumberOfALargeFileIsMasked(t *testing.T) {
	t.Parallel()
	letters := strings.Repeat("x", 1<<20)
	for _, value := range []string{"48151623 " + letters, letters + "\n48151623", letters + "=148151623,48151623,"} {
		const want = "line [REDACTED:file], column 7654: not TOML"
		if got := says(t, value, "line 48151623, column 7654: not TOML"); got != want {
			t.Errorf("a number of the file became %q, want %q", got, want)
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
