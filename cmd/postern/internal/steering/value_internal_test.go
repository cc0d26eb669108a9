package steering

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestLooksAreBounded_TM232: however a value is written, its files are looked at only so
// often, and what is beyond that counts as running something.
func TestLooksAreBounded_TM232(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "evil"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "many")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for range maxLooks + 300 {
		f, err := os.CreateTemp(folder, "data-")
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	p := Place{Dir: dir, Path: make([]string, 60)}
	for i := range p.Path {
		p.Path[i] = filepath.Join(dir, "nowhere")
	}
	for name, value := range map[string]string{
		"paths":    strings.Repeat("/nonexistent:", 10_000) + filepath.Join(dir, "evil"),
		"commands": strings.Repeat(";nothing", 10_000) + ";" + filepath.Join(dir, "evil"),
		"folder":   folder + ":/nonexistent",
		"tokens":   numbered("=/a", 30_000),
		"options":  numbered(" -I/a", 20_000),
	} {
		s := &search{Place: p}
		s.value(value)
		if s.reason == "" {
			t.Errorf("%s: nothing is found", name)
		}
		if s.looks > maxLooks+100 {
			t.Errorf("%s: %d looks, want %d at most", name, s.looks, maxLooks)
		}
	}
}

// numbered repeats a text with a number after it: the same file is not looked at twice.
func numbered(text string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(text + strconv.Itoa(i))
	}
	return b.String()
}

// FuzzRuns: no value makes the look panic or take more looks than it may, and a path of a
// program is found whatever blanks are around it.
func FuzzRuns(f *testing.F) {
	for _, seed := range []string{"", "|a %s", "-e 'x", "a:b", "$(a", "`a", "\\", "~", "${", "%zz", "a=/b", "'", "!", "-Ia/b", "\x00/"} {
		f.Add(seed)
	}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "evil"), nil, 0o755); err != nil {
		f.Fatal(err)
	}
	p := Place{Dir: dir, Path: []string{dir}, Getenv: func(string) string { return "" }}
	f.Fuzz(func(t *testing.T, value string) {
		s := &search{Place: p}
		s.value(value)
		if s.looks > maxLooks+100 {
			t.Errorf("%q: %d looks", value, s.looks)
		}
		if _, runs := p.Runs(" " + dir + "/evil " + value); !runs && len(value) < 1000 {
			t.Errorf("a program before %q is not found", value)
		}
	})
}
