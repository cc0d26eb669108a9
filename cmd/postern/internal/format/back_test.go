package format_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// TestModulesReadBack: what a format writes, the module of that format reads as the
// same bytes, whatever they are, or the format refuses the value.
func TestModulesReadBack(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{"dotenv": "s.env", "json": "s.json", "yaml": "s.yaml"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var entries []format.Entry
			for i, value := range bytesOfAllKinds() {
				key := fmt.Sprintf("K%d", i)
				e := entry(t, key, key, value)
				var d format.Document
				err := writers[name](&d, []format.Entry{e})
				switch {
				case err == nil:
					entries = append(entries, e)
				case name == "yaml" || !errors.Is(err, secret.ErrInvalidValue):
					t.Errorf("%q: %v", value, err)
				}
			}
			var d format.Document
			if err := writers[name](&d, entries); err != nil {
				t.Fatal(err)
			}
			sameBytes(t, file, d.Bytes(), entries)
		})
	}
}

// sameBytes reads a document through its module and compares.
func sameBytes(t *testing.T, file string, document []byte, entries []format.Entry) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), document, 0o600); err != nil {
		t.Fatal(err)
	}
	rt, err := runtime.Open(t.Context(), runtime.Options{Dir: dir, Providers: []runtime.ProviderOptions{{
		Name: "back", Module: "file", Config: map[string]string{"path": file},
		Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: file}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rt.Close() }()
	var keys []secret.Key
	for _, e := range entries {
		keys = append(keys, e.Key)
	}
	results := rt.GetMany(t.Context(), keys)
	for i, e := range entries {
		if results[i].Err != nil {
			t.Errorf("%s: %v", e.Key, results[i].Err)
			continue
		}
		_ = e.Value.Expose(func(want []byte) error {
			return results[i].Secret.Expose(func(got []byte) error {
				if !bytes.Equal(got, want) {
					t.Errorf("%s: %q is read as %q", e.Key, want, got)
				}
				return nil
			})
		})
	}
}

// bytesOfAllKinds returns the known nasty values, each byte alone and after a letter,
// and random values of bytes and of characters, the same in each run.
func bytesOfAllKinds() [][]byte {
	var all [][]byte
	for _, value := range nasty(500) {
		if len(value) < 1000 {
			all = append(all, []byte(value))
		}
	}
	for b := range 256 {
		all = append(all, []byte{byte(b)}, []byte{'y', byte(b)})
	}
	r := rand.New(rand.NewPCG(7, 7))
	for range 1000 {
		raw := make([]byte, r.IntN(40))
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		var text []rune
		for range r.IntN(10) {
			text = append(text, rune(r.IntN([]int{0x80, 0x3000, 0x110000}[r.IntN(3)])))
		}
		all = append(all, raw, []byte(string(text)))
	}
	return all
}
