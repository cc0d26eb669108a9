package format_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime"
)

// dotenv is a file and the provider that reads it.
type dotenv struct {
	path string
	rt   *runtime.Runtime
}

func openDotenv(t testing.TB) *dotenv {
	t.Helper()
	dir := t.TempDir()
	rt, err := runtime.Open(t.Context(), runtime.Options{Dir: dir, Providers: []runtime.ProviderOptions{{
		Name: "file", Module: "file", Config: map[string]string{"path": ".env"},
		Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: ".env"}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close() })
	return &dotenv{filepath.Join(dir, ".env"), rt}
}

// check writes the values and compares what the file module reads.
func (d *dotenv) check(t *testing.T, values ...string) {
	t.Helper()
	var entries []format.Entry
	var keys []runtime.Key
	for i, value := range values {
		name := "V" + string(rune('A'+i%26)) + string(rune('A'+i/26))
		keys = append(keys, runtime.Key(name))
		entries = append(entries, entry(t, name, name, []byte(value)))
	}
	var doc format.Document
	if err := format.Dotenv(&doc, entries); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.path, doc.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, r := range d.rt.GetMany(t.Context(), keys) {
		if r.Err != nil {
			t.Errorf("%q: %v", values[i], r.Err)
			continue
		}
		if got, _ := r.Secret.ExposeString(); got != values[i] {
			t.Errorf("the file module reads %q for %q", got, values[i])
		}
	}
}

func TestDotenvReadsBack(t *testing.T) {
	t.Parallel()
	openDotenv(t).check(t, values()...)
}

// TestDotenvInShells: shells read the same file in the same way, except values in
// double quotes: shells do not decode \n and \r, and run text in backquotes.
func TestDotenvInShells(t *testing.T) {
	t.Parallel()
	var entries []format.Entry
	var names []string
	var want [][]byte
	for i, value := range values() {
		if strings.ContainsAny(value, "\n\r") || strings.Contains(value, "'") && strings.Contains(value, "`") {
			continue
		}
		name := "V" + string(rune('A'+i%26)) + string(rune('A'+i/26))
		names, want = append(names, name), append(want, []byte(value))
		entries = append(entries, entry(t, name, name, []byte(value)))
	}
	var d format.Document
	if err := format.Dotenv(&d, entries); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(path, d.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, shell := range shells() {
		got := readBack(t, shell, "C.UTF-8", `. "$1"`, path, names...)
		if len(got) != len(want) {
			t.Fatalf("%s reads %d values of %d", shell, len(got), len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("%s reads %q for %q", shell, got[i], want[i])
			}
		}
	}
}

func FuzzDotenv(f *testing.F) {
	for _, value := range values() {
		f.Add(value)
	}
	d := openDotenv(f)
	f.Fuzz(func(t *testing.T, value string) {
		if utf8.ValidString(value) && strings.IndexByte(value, 0) < 0 && len(value) < 1<<16 {
			d.check(t, value, "next")
		}
	})
}
