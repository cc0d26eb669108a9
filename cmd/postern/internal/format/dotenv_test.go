package format_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/sample"
)

// documents are the cases of the dialect, which every implementation runs.
type documents struct {
	Read []struct {
		Text  string
		Want  map[string]string
		Error string
	}
	Write []struct {
		Value, Want string
		Refused     bool
	}
	Names struct{ Written, Refused, Kept []string }
}

func dialect(t testing.TB) (d documents) {
	t.Helper()
	b, err := os.ReadFile("../../../../testdata/documents/dotenv.json")
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil || len(d.Read) == 0 || len(d.Write) == 0 {
		t.Fatalf("%d and %d cases, %v", len(d.Read), len(d.Write), err)
	}
	return d
}

// read returns the values of a document by name.
func read(text string) (map[string]string, error) {
	all, err := format.ReadDotenv([]byte(text))
	if err != nil {
		return nil, err
	}
	got := map[string]string{}
	for _, a := range all {
		got[a.Name] = a.Value
	}
	return got, nil
}

func TestDotenvDialect(t *testing.T) {
	t.Parallel()
	d := dialect(t)
	for _, c := range d.Read {
		got, err := read(c.Text)
		if c.Error != "" {
			if err == nil || err.Error() != c.Error {
				t.Errorf("%q: %v, want the error %q", c.Text, err, c.Error)
			}
			continue
		}
		if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.Want) {
			t.Errorf("%q is read as %q, %v, want %q", c.Text, got, err, c.Want)
		}
	}
	for _, c := range d.Write {
		var doc format.Document
		err := format.Dotenv(&doc, []format.Entry{entry(t, "k", "K", []byte(c.Value))})
		if c.Refused != errors.Is(err, secret.ErrInvalidValue) || !c.Refused && string(doc.Bytes()) != "K="+c.Want+"\n" {
			t.Errorf("%q is written as %q, %v, want %q, refused %v", c.Value, doc.Bytes(), err, c.Want, c.Refused)
		}
	}
	refused := append(d.Names.Refused, d.Names.Kept...)
	for _, name := range append(d.Names.Written, refused...) {
		var doc format.Document
		written := !slices.Contains(refused, name)
		err := format.Dotenv(&doc, []format.Entry{entry(t, "k", name, []byte("v"))})
		if written != (err == nil) || !written && !errors.Is(err, secret.ErrInvalidKey) {
			t.Errorf("the name %q: %v, want written %v", name, err, written)
		}
	}
}

// written returns a document with those of the values that can be written, with
// their names. Each refusal names the key.
func written(t *testing.T, all []string) (path string, names, kept []string) {
	t.Helper()
	var d format.Document
	refused := 0
	for i, value := range all {
		name := fmt.Sprintf("V_%d", i)
		err := format.Dotenv(&d, []format.Entry{entry(t, "key/"+name, name, []byte(value))})
		switch {
		case err == nil:
			names, kept = append(names, name), append(kept, value)
		case !errors.Is(err, secret.ErrInvalidValue) || !strings.Contains(err.Error(), "key/"+name):
			t.Errorf("%q: error %v", value, err)
		default:
			refused++
		}
	}
	t.Logf("%d values are written, %d refused", len(kept), refused)
	path = filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, d.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, names, kept
}

// TestDotenvReadsBackEverywhere: every reader of dotenv files that is here reads what
// was written, and none runs a part of it.
func TestDotenvReadsBackEverywhere(t *testing.T) {
	t.Parallel()
	path, names, want := written(t, nasty(1500))
	if len(want) < 200 {
		t.Fatalf("only %d values are written", len(want))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(string(text))
	for i, name := range names {
		if err != nil || got[name] != want[i] {
			t.Fatalf("ReadDotenv: %q for %q, %v", got[name], want[i], err)
		}
	}
	for _, c := range dotenvConsumers() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _ := c.read(t, path, names...)
			wrong := 0
			for i := range got {
				if string(got[i]) != want[i] {
					if wrong++; wrong < 10 {
						t.Errorf("%s reads %q for %q", c.name, got[i], want[i])
					}
				}
			}
		})
	}
}

// dotenvModule is a file and the provider that reads it.
type dotenvModule struct {
	path string
	rt   *runtime.Runtime
}

func openDotenv(t testing.TB) *dotenvModule {
	t.Helper()
	dir := t.TempDir()
	later := func() time.Time { return time.Now().Add(time.Minute) } // the module waits until a file is old enough
	rt, err := runtime.Open(t.Context(), runtime.Options{Dir: dir, Now: later, Providers: []runtime.ProviderOptions{{
		Name: "file", Module: "dotenv", Config: map[string]string{"path": ".env"},
		Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: ".env"}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close() })
	return &dotenvModule{filepath.Join(dir, ".env"), rt}
}

// check compares what the module reads in a document with what ReadDotenv does.
func (d *dotenvModule) check(t testing.TB, text string) {
	t.Helper()
	if err := os.WriteFile(d.path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want, readErr := read(text)
	keys, err := d.rt.Keys(t.Context(), "")
	if (readErr != nil) != (err != nil) {
		t.Errorf("%q: ReadDotenv: %v, the module: %v", text, readErr, err)
		return
	}
	valid := 0
	for name := range want {
		if runtime.Key(name).Check() == nil {
			valid++
		}
	}
	if len(keys) != valid {
		t.Errorf("%q: ReadDotenv reads %q, the module %q", text, want, keys)
	}
	for _, r := range d.rt.GetMany(t.Context(), keys) {
		if got, _ := r.Secret.ExposeString(); r.Err != nil || got != want[string(r.Key)] {
			t.Errorf("%q: %s is %q for the module, %q for ReadDotenv, %v", text, r.Key, got, want[string(r.Key)], r.Err)
		}
	}
}

// randomDotenv returns a document of pieces that matter to the grammar.
func randomDotenv(pick func(n int) int) string {
	pieces := []string{
		"A", "B_2", "c.d", "export", " ", "\t", "=", "=", "=", "'", `"`, "`", `\`, `\n`, `\"`, "#", " #", "\n", "\n", "\n", "\r", "\r\n", "x", "é", "$", "${A}", "a b", "A=1\n", "B='x y'\n",
	}
	var b strings.Builder
	if pick(8) == 0 {
		b.WriteString("\ufeff")
	}
	for range pick(20) {
		b.WriteString(pieces[pick(len(pieces))])
	}
	return b.String()
}

// TestDotenvReaderIsTheModules: run --env-file reads a document as the module does.
func TestDotenvReaderIsTheModules(t *testing.T) {
	t.Parallel()
	d := openDotenv(t)
	for _, c := range dialect(t).Read {
		d.check(t, c.Text)
	}
	for _, random := range sample.Rounds(t, 3000) {
		d.check(t, randomDotenv(random.IntN))
	}
}

func FuzzDotenv(f *testing.F) {
	for _, value := range values() {
		f.Add(value)
	}
	d := openDotenv(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) >= 1<<16 {
			return
		}
		if !utf8.ValidString(text) {
			if _, err := format.ReadDotenv([]byte(text)); err == nil {
				t.Error("a document that is not UTF-8 is read")
			}
			return
		}
		d.check(t, text)
		var doc format.Document
		if format.Dotenv(&doc, []format.Entry{entry(t, "k", "K", []byte(text)), entry(t, "n", "N", []byte("next"))}) == nil {
			if got, err := read(string(doc.Bytes())); err != nil || got["K"] != text || got["N"] != "next" {
				t.Errorf("%q reads back as %q, %v", text, got, err)
			}
		}
	})
}
