package module_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
)

func locked(t *testing.T, name string, b []byte) module.Lock {
	t.Helper()
	var l module.Lock
	if err := l.Pin(name, b); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLockFormat(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("ab", 32)
	l := module.Lock{Modules: map[string]module.Pin{
		"z.wasm":     {SHA256: sum, Size: 100, Version: "1.2.0"},
		"./a&b.wasm": {SHA256: sum, Size: 8, Wants: []string{"http", "env"}},
	}}
	const want = `{
  "version": 1,
  "modules": {
    "./a&b.wasm": {
      "sha256": "SUM",
      "size": 8,
      "wants": [
        "env",
        "http"
      ]
    },
    "z.wasm": {
      "sha256": "SUM",
      "size": 100,
      "version": "1.2.0",
      "wants": []
    }
  }
}
`
	text := l.Format()
	if got := strings.ReplaceAll(string(text), sum, "SUM"); got != want {
		t.Errorf("Format = %s, want %s", got, want)
	}
	again, err := module.ParseLock(text)
	if err != nil || !bytes.Equal(again.Format(), text) {
		t.Errorf("ParseLock(Format) = %+v, %v", again, err)
	}
}

func TestParseLockRefuses(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("ab", 32)
	pin := func(fields string) string { return `{"version":1,"modules":{"a.wasm":{` + fields + `}}}` }
	for _, c := range []struct{ input, words string }{
		{``, "not JSON"},
		{`{"modules":{}}`, "version 0"},
		{`{"version":2,"modules":{}}`, "version 2"},
		{`{"version":1,"modules":{},"allow":true}`, `unknown member "allow"`},
		{pin(`"sha256":"` + sum + `","size":9,"wants":[]`)[:40], "not JSON"},
		{pin(`"sha256":"` + strings.ToUpper(sum) + `","size":9,"wants":[]`), "lower-case"},
		{pin(`"sha256":"","size":9,"wants":[]`), "64"},
		{pin(`"size":9,"wants":[]`), "sha256"},
		{pin(`"sha256":"` + sum + `","size":-1,"wants":[]`), "size"},
		{pin(`"sha256":"` + sum + `","wants":[]`), "size"},
		{pin(`"sha256":"` + sum + `","size":9,"version":"1 2","wants":[]`), "version"},
		{pin(`"sha256":"` + sum + `","size":9`), "want a sorted list"},
		{pin(`"sha256":"` + sum + `","size":9,"wants":["http","env"]`), "want a sorted list"},
		{pin(`"sha256":"` + sum + `","size":9,"wants":["env","env"]`), "want capabilities, each once"},
		{pin(`"sha256":"` + sum + `","size":9,"wants":["everything"]`), "want capabilities, each once"},
		{pin(`"sha256":"` + sum + `","sha256":"` + sum + `","size":9,"wants":[]`), "twice"},
		{`{"version":1,"modules":{"a":{"sha256":"` + sum + `","size":9,"wants":[]},"a":{}}}`, "twice"},
		{`{"version":1,"modules":{"a\n":{"sha256":"` + sum + `","size":9,"wants":[]}}}`, `name "a\n"`},
		{strings.Repeat(" ", module.MaxLock+1), "at most"},
	} {
		l, err := module.ParseLock([]byte(c.input))
		if reason(t, err) != module.BadLock || !strings.Contains(err.Error(), c.words) {
			t.Errorf("ParseLock(%.80q) = %v, want %q", c.input, err, c.words)
		}
		if l.Modules != nil {
			t.Errorf("ParseLock(%.80q) returned pins with its error", c.input)
		}
	}
}

// TestTM061Flips flips single bits of a pinned module: none of the files passes.
func TestTM061Flips(t *testing.T) {
	t.Parallel()
	b, _ := modules.Bytes("env")
	l := locked(t, "env.wasm", b)
	if err := l.Verify("env.wasm", b); err != nil {
		t.Fatalf("the pinned file itself: %v", err)
	}
	random := rand.New(rand.NewPCG(61, 1))
	for range 1000 {
		changed := bytes.Clone(b)
		at, bit := random.IntN(len(b)), byte(1)<<random.IntN(8)
		changed[at] ^= bit
		if l.Verify("env.wasm", changed) == nil {
			t.Fatalf("byte %d with bit %#x flipped passes", at, bit)
		}
	}
}

func TestTM061Verify(t *testing.T) {
	t.Parallel()
	w := plain()
	b := w.bytes()
	l := locked(t, "./mine.wasm", b)
	w.custom = [][2]string{{"note", ""}}
	longer := w.bytes()
	w.custom = [][2]string{{"note", "a"}}
	other := w.bytes()
	edited := module.Lock{Modules: map[string]module.Pin{"./mine.wasm": {SHA256: module.Digest(b), Size: len(b) + 1}}}
	for _, c := range []struct {
		name  string
		lock  module.Lock
		path  string
		bytes []byte
		want  module.Reason
	}{
		{"same", l, "./mine.wasm", b, ""},
		{"another spelling of the path", l, "mine.wasm", b, module.Unpinned},
		{"empty lock", module.Lock{}, "./mine.wasm", b, module.Unpinned},
		{"longer", l, "./mine.wasm", longer, module.SizeDiffers},
		{"nothing", l, "./mine.wasm", nil, module.SizeDiffers},
		{"same length", locked(t, "./mine.wasm", other), "./mine.wasm", bytes.Replace(other, []byte("notea"), []byte("noteb"), 1), module.DigestDiffers},
		{"size edited in the lock", edited, "./mine.wasm", b, module.SizeDiffers},
	} {
		err := c.lock.Verify(c.path, c.bytes)
		if got := reason(t, err); got != c.want {
			t.Errorf("%s: reason = %q, want %q: %v", c.name, got, c.want, err)
		}
	}
}

// TestTM072Wants replaces a pinned module by one that imports another set of
// capabilities: every set that is not within the pinned one is named.
func TestTM072Wants(t *testing.T) {
	t.Parallel()
	sets := [][]string{{}, {"env"}, {"file"}, {"env", "file"}, {"env", "file", "kv"}}
	build := func(wants []string, note string) []byte {
		w := plain()
		for _, name := range wants {
			w.imports = append(w.imports, function{"postern_" + name + "_v1", "list", i32 + i32 + i32 + i32, i32})
		}
		w.custom = [][2]string{{"note", note}}
		return w.bytes()
	}
	for _, pinned := range sets {
		l := locked(t, "m", build(pinned, "old"))
		for _, wanted := range sets {
			var extra []string
			for _, name := range wanted {
				if !slices.Contains(pinned, name) {
					extra = append(extra, name)
				}
			}
			err := l.Verify("m", build(wanted, "new"))
			var e *module.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q after %q: %v, want a refusal", wanted, pinned, err)
			}
			if (e.Reason == module.WantsMore) != (len(extra) > 0) || !slices.Equal(e.Wants, extra) {
				t.Errorf("%q after %q: %v (%q), want the difference %q", wanted, pinned, e, e.Wants, extra)
			}
			for _, name := range extra {
				if !strings.Contains(e.Error(), name) {
					t.Errorf("%q does not show %s", e, name)
				}
			}
		}
	}
}

func TestLockPinRefuses(t *testing.T) {
	t.Parallel()
	l := locked(t, "a", plain().bytes())
	before := string(l.Format())
	if got := reason(t, l.Pin("a", []byte("x"))); got != module.NotWasm {
		t.Errorf("pin of no module: reason = %q", got)
	}
	if got := reason(t, l.Pin("a\x00b", plain().bytes())); got != module.BadLock {
		t.Errorf("pin under a bad name: reason = %q", got)
	}
	if after := string(l.Format()); after != before {
		t.Errorf("a refused pin changed the lock to %s", after)
	}
}

func FuzzLock(f *testing.F) {
	f.Add([]byte(`{"version":1,"modules":{"a.wasm":{"sha256":"` + strings.Repeat("ab", 32) + `","size":9,"wants":["env"]}}}`))
	f.Add([]byte(`{"version":1,"modules":{}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := module.ParseLock(b)
		if err != nil {
			reason(t, err)
			return
		}
		again, err := module.ParseLock(l.Format())
		if err != nil {
			t.Fatalf("%s was written and is refused: %v", l.Format(), err)
		}
		if len(l.Modules) > 0 && !reflect.DeepEqual(l, again) {
			t.Errorf("%+v became %+v", l, again)
		}
	})
}
