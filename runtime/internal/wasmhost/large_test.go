package wasmhost_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// overFolder returns the options of the folder module, with values of up to 16 MiB.
func overFolder(t testing.TB, dir string, pages uint32) wasmhost.Options {
	t.Helper()
	wasm, _ := modules.Bytes("folder")
	return wasmhost.Options{
		Name: "files", Wasm: wasm, Builtin: true, Dir: dir, Config: map[string]string{"path": "."},
		Grant:  all.Grants{Files: []all.FileGrant{{Path: ".", Write: true}}},
		Limits: wasmhost.Limits{Value: secret.MaxValueLen, MemoryPages: pages, Call: 5 * time.Minute},
	}
}

// plain returns the value, or what is wrong with it.
func plain(s secret.Secret) string {
	value, err := s.ExposeString()
	if err != nil {
		return err.Error()
	}
	return value
}

// Values of all sizes are read and written if the memory of the module allows it,
// and are too large if not: a module never crashes of a large value.
func TestLargeValuesWorkOrAreTooLarge(t *testing.T) { // not parallel: it takes much time and memory
	for _, pages := range []uint32{8, 256, 1024} {
		for _, size := range []int{1 << 10, 1 << 20, 8 << 20, secret.MaxValueLen} {
			dir := t.TempDir()
			want := bytes.Repeat([]byte("0123456789abcdef"), size/16)
			if err := os.WriteFile(filepath.Join(dir, "large"), want, 0o600); err != nil {
				t.Fatal(err)
			}
			p := open(t, overFolder(t, dir, pages))
			check := func(what string, err error) {
				t.Helper()
				switch code := secret.CodeOf(err); {
				case err == nil && size >= int(pages)<<16:
					t.Errorf("%d pages, %d bytes: %s = nil: the memory cannot hold the value", pages, size, what)
				case err == nil:
				case code != secret.ErrTooLarge || !strings.Contains(err.Error(), fmt.Sprintf("limits.memory_pages allows: %d pages", pages)):
					t.Errorf("%d pages, %d bytes: %s = %v, want %v that names limits.memory_pages", pages, size, what, err, secret.ErrTooLarge)
				case size*4 < int(pages-2)<<16:
					t.Errorf("%d pages, %d bytes: %s = %v, want success", pages, size, what, err)
				}
			}
			got, err := p.Get(t.Context(), "large")
			check("Get", err)
			if err == nil && plain(got) != string(want) {
				t.Errorf("%d pages, %d bytes: Get returns another value", pages, size)
			}
			value, err := secret.FromString(string(want))
			if err != nil {
				t.Fatal(err)
			}
			check("Set", p.Set(t.Context(), "new", value))
		}
	}
}

func TestValueAboveItsLimitNamesTheLimit(t *testing.T) {
	t.Parallel()
	o := overFolder(t, t.TempDir(), 256)
	o.Limits.Value = 1000
	if err := os.WriteFile(filepath.Join(o.Dir, "a"), make([]byte, 1001), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, o).Get(t.Context(), "a")
	if secret.CodeOf(err) != secret.ErrTooLarge || !strings.Contains(err.Error(), "1000 bytes, limits.value") {
		t.Errorf("Get() = %v, want %v that names limits.value", err, secret.ErrTooLarge)
	}
}

// Beside a value that is too large for the module's memory, all others are read.
func TestLargeValueFailsAlone(t *testing.T) { // not parallel: it takes much time and memory
	o := overFolder(t, t.TempDir(), 64)
	var keys []secret.Key
	for i := range 50 {
		key, size := secret.Key(fmt.Sprintf("k%02d", i)), 100
		if i == 17 || i == 40 {
			size = 8 << 20
		}
		if err := os.WriteFile(filepath.Join(o.Dir, string(key)), bytes.Repeat([]byte{byte(i)}, size), 0o600); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	for i, got := range open(t, o).GetMany(t.Context(), keys) {
		switch {
		case got.Key != keys[i]:
			t.Errorf("result %d is of %q, want %q", i, got.Key, keys[i])
		case i == 17 || i == 40:
			if secret.CodeOf(got.Err) != secret.ErrTooLarge {
				t.Errorf("%q = %v, want %v", got.Key, got.Err, secret.ErrTooLarge)
			}
		case got.Err != nil || plain(got.Secret) != strings.Repeat(string(rune(i)), 100):
			t.Errorf("%q = %v", got.Key, got.Err)
		}
	}
}

// Any number of keys of any length, in a memory of any size, has an answer for each
// key, in order.
func TestGetManyAnswersForEveryKey(t *testing.T) { // not parallel: it takes much time and memory
	wasm, _ := modules.Bytes("env")
	for _, test := range []struct {
		keys, length int
		pages        uint32
	}{{0, 10, 256}, {1, 10, 256}, {8192, 10, 256}, {8193, 10, 256}, {300_000, 10, 256}, {20_000, 500, 256}, {20_000, 500, 16}, {2000, 10, 4}} {
		keys := make([]secret.Key, test.keys)
		var environ []string
		for i := range keys {
			name := fmt.Sprintf("K%0*d", test.length-1, i)
			keys[i] = secret.Key(name)
			if i%1000 == 7 {
				environ = append(environ, name+"=value-"+name)
			}
		}
		o := envOptions(wasm, func() []string { return environ })
		o.Limits.MemoryPages = test.pages
		results := open(t, o).GetMany(t.Context(), keys)
		if len(results) != len(keys) {
			t.Errorf("%+v: %d results", test, len(results))
		}
		for i, got := range results {
			want := secret.ErrNotFound
			if i%1000 == 7 {
				want = ""
			}
			if got.Key != keys[i] || secret.CodeOf(got.Err) != want || want == "" && plain(got.Secret) != "value-"+string(keys[i]) {
				t.Errorf("%+v: result %d = %q, %v", test, i, got.Key, got.Err)
				break
			}
		}
	}
}
