package format_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/secret"
)

// entry returns an entry with a key and a variable.
func entry(t testing.TB, key, name string, value []byte) format.Entry {
	t.Helper()
	s, err := secret.FromBytes(bytes.Clone(value))
	if err != nil {
		t.Fatal(err)
	}
	return format.Entry{Key: secret.Key(key), Name: name, Value: s}
}

// writers are the formats that need only entries.
var writers = map[string]func(*format.Document, []format.Entry) error{
	"shell": format.Shell, "dotenv": format.Dotenv, "json": format.JSON, "yaml": format.YAML,
	"masks":  func(d *format.Document, e []format.Entry) error { _, err := format.GitHubMasks(d, e); return err },
	"github": func(d *format.Document, e []format.Entry) error { return format.GitHubEnv(d, zeros{}, e) },
	"k8s": func(d *format.Document, e []format.Entry) error {
		return format.Kubernetes(d, format.Object{Name: "app"}, e)
	},
}

// zeros is a reader of zero bytes.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// values are values that break naive writers.
func values() []string {
	return []string{
		"", " ", "plain", "a b", "'", "''", `"`, `\`, `\\`, `\n`, `a\`, `'"`, "$HOME", "${HOME}", "$(id)", "`id`", "!!", "~", "~/x", "#c", "a #c", "a#c",
		"a\nb", "a\n", "\n", "\r", "a\r\nb", "\t", "a;b", "a&b", "*", "?", "[a]", "{a,b}", "<a>", "a=b", "=", "%", "%25", "%0A", "::add-mask::x", "EOF",
		"postern_00000000000000000000000000000000", "x\npostern_00000000000000000000000000000000\nPATH=/evil", "\x1b[31m", "\x7f", "\x01", "\u0085", "\u2028", "\ufeffx",
		"é", "日本語", "𝄞", "null", "true", "1e3", "0x10", "2024-01-01", "- a", "a: b", "? a", "|", ">", "@a", "%a", "&a", "*a", "!a", "---", "...", "{}", "[]", "<<",
		"it's \"both\" and `that` $x \\ end\\", "trailing ", " leading", strings.Repeat("long ", 5000), "export A=b", "a\\\nb", "\\'", "'\\''",
	}
}

// TestTM099RefusedValues: a value that a format cannot represent is an error that
// names the key, and the document stays unchanged.
func TestTM099RefusedValues(t *testing.T) {
	t.Parallel()
	bad := map[string][]byte{"NUL": []byte("ab\x00cd"), "UTF-8": []byte("ab\xff\xfecd")}
	refused := map[string]string{"shell": "NUL", "dotenv": "NUL UTF-8", "json": "UTF-8", "masks": "NUL UTF-8", "github": "NUL UTF-8"}
	for name, write := range writers {
		for kind, value := range bad {
			var d format.Document
			d.AppendString("before")
			err := write(&d, []format.Entry{entry(t, "good", "GOOD", []byte("good")), entry(t, "db/bad", "BAD", value)})
			if !strings.Contains(refused[name], kind) {
				if err != nil {
					t.Errorf("%s of %s: %v", name, kind, err)
				}
				continue
			}
			if !errors.Is(err, secret.ErrInvalidValue) || !strings.Contains(err.Error(), `"db/bad"`) || strings.Contains(err.Error(), "ab") && strings.Contains(err.Error(), "cd") {
				t.Errorf("%s of %s: error %v, want invalid_value of db/bad without the value", name, kind, err)
			}
			if got := string(d.Bytes()); got != "before" {
				t.Errorf("%s of %s left %q", name, kind, got)
			}
		}
	}
}

// TestDestroyedValue: a destroyed value is an error, not an empty value.
func TestDestroyedValue(t *testing.T) {
	t.Parallel()
	for name, write := range writers {
		e := entry(t, "k", "K", []byte("value"))
		e.Value.Destroy()
		var d format.Document
		if err := write(&d, []format.Entry{e}); !errors.Is(err, secret.ErrClosed) || len(d.Bytes()) != 0 {
			t.Errorf("%s: %v, %d bytes", name, err, len(d.Bytes()))
		}
	}
}

// TestDocumentWipes: neither growing nor wiping leaves a copy in memory.
func TestDocumentWipes(t *testing.T) {
	t.Parallel()
	var d format.Document
	d.AppendString("secret")
	first := d.Bytes()
	d.Append(make([]byte, 1<<20)...)
	if string(first) != "\x00\x00\x00\x00\x00\x00" {
		t.Errorf("growing left %q", first)
	}
	d.AppendString("tail")
	all := d.Bytes()
	d.Wipe()
	if bytes.Contains(all, []byte("tail")) || len(d.Bytes()) != 0 {
		t.Error("wiping left the text")
	}
}

func TestKubernetesNames(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"a": true, "a-b": true, "a.b": true, "1": true, strings.Repeat("a", 253): true,
		"": false, "A": false, "-a": false, "a-": false, "a_b": false, "a..b": false, ".a": false, "a\"": false, "a\nb": false, strings.Repeat("a", 254): false,
	} {
		if err := (format.Object{Name: name}).Check(); (err == nil) != good {
			t.Errorf("Check of %q = %v", name, err)
		}
	}
	for namespace, good := range map[string]bool{"": true, "a-b": true, "a.b": false, "A": false, strings.Repeat("a", 64): false} {
		if err := (format.Object{Name: "a", Namespace: namespace}).Check(); (err == nil) != good {
			t.Errorf("Check of namespace %q = %v", namespace, err)
		}
	}
	for _, keys := range [][]string{{"a/b", "a.b"}, {"a:b", "a@b"}, {"..data"}, {strings.Repeat("k", 254)}} {
		var entries []format.Entry
		for _, key := range keys {
			entries = append(entries, entry(t, key, "", []byte("v")))
		}
		var d format.Document
		if err := format.Kubernetes(&d, format.Object{Name: "a"}, entries); !errors.Is(err, secret.ErrInvalidKey) || len(d.Bytes()) != 0 {
			t.Errorf("%q: %v, want invalid_key", keys, err)
		}
	}
	var d format.Document
	half := make([]byte, 600<<10)
	err := format.Kubernetes(&d, format.Object{Name: "a"}, []format.Entry{entry(t, "a", "", half), entry(t, "b", "", half)})
	if !errors.Is(err, secret.ErrTooLarge) || len(d.Bytes()) != 0 {
		t.Errorf("1.2 MB: %v, want too_large", err)
	}
}
