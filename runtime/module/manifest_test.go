package module_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/module"
)

func TestParseManifest(t *testing.T) {
	t.Parallel()
	const text = ` {"name": "vault-kv", "version": "1.2.0-rc.1+b", "abi": 1, "summary": "größte Tür",
		"config": {"prefix": {"summary": "what keys begin with", "required": true}, "n": {"public": true, "one_of": ["x", "y"], "default": "y"}},
		"capabilities": ["http", "env"], "optional": ["kv"], "mode": "pooled"} `
	got, err := module.ParseManifest([]byte(text))
	want := module.Manifest{
		Name: "vault-kv", Version: "1.2.0-rc.1+b", ABI: 1, Summary: "größte Tür",
		Config:       map[string]module.Setting{"prefix": {Summary: "what keys begin with", Required: true}, "n": {Public: true, OneOf: []string{"x", "y"}, Default: "y"}},
		Capabilities: []string{"env", "http"}, Optional: []string{"kv"}, Mode: "pooled",
	}
	if err != nil || !reflect.DeepEqual(got, want) || !got.NeedsNoKV() || (*module.Manifest)(nil).NeedsNoKV() {
		t.Errorf("ParseManifest = %+v, %v, want %+v", got, err, want)
	}
}

// TestNoSettingsIsNotNothingDeclared: a module that declares that it has no
// settings is not one that declares nothing, also after it was packed.
func TestNoSettingsIsNotNothingDeclared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		manifest string
		declared bool
	}{{`{"abi": 1}`, false}, {`{"abi": 1, "config": {}}`, true}} {
		packed, err := module.Pack(plain().bytes(), []byte(c.manifest))
		if err != nil {
			t.Fatal(err)
		}
		m, err := module.ReadManifest(packed)
		if err != nil || m == nil || (m.Config != nil) != c.declared {
			t.Errorf("ReadManifest after Pack(%s) = %+v, %v, want declared settings: %v", c.manifest, m, err, c.declared)
		}
	}
}

func TestReadManifest(t *testing.T) {
	t.Parallel()
	if m, err := module.ReadManifest(plain().bytes()); m != nil || err != nil {
		t.Errorf("ReadManifest without a manifest = %+v, %v, want nil", m, err)
	}
	if _, err := module.ReadManifest([]byte("text")); reason(t, err) != module.NotWasm {
		t.Errorf("ReadManifest of text: %v, want not_wasm", err)
	}
	two := plain()
	for range 2 {
		two.custom = append(two.custom, [2]string{"postern.manifest", `{"abi":1}`})
	}
	if _, err := module.ReadManifest(two.bytes()); reason(t, err) != module.BadManifest {
		t.Errorf("ReadManifest of two manifests: %v, want bad_manifest", err)
	}
}

func TestSettingDescribe(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]module.Setting{
		"required: the file":            {Summary: "the file", Required: true, Public: true},
		"x or y, default x: the letter": {Summary: "the letter", OneOf: []string{"x", "y"}, Default: "x", Public: true},
		"only x":                        {OneOf: []string{"x"}, Public: true},
		"required, hidden":              {Required: true},
		"":                              {Public: true},
	} {
		if got := s.Describe(); got != want {
			t.Errorf("Describe = %q, want %q", got, want)
		}
	}
}

func TestParseManifestRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 201)
	for _, c := range []struct{ input, words string }{
		{``, "is not JSON"},
		{`null`, "is not an object"},
		{`[]`, "is not an object"},
		{`{"abi":1`, "is not JSON"},
		{`{"abi":1} x`, "after its end"},
		{`{"abi":1}{}`, "after its end"},
		{"{\"abi\":1,\"summary\":\"\xff\"}", "not UTF-8"},
		{`{}`, `want "abi": 1`},
		{`{"abi":3}`, "version 3 of the ABI"},
		{`{"abi":"1"}`, `wrong type for "abi"`},
		{`{"abi":1.5}`, `wrong type for "abi"`},
		{`{"abi":null}`, `null for "abi"`},
		{`{"ABI":1}`, `unknown member "ABI"`},
		{`{"abi":1,"abi":1}`, `member "abi" twice`},
		{`{"abi":1,"grant":{"env":["*"]}}`, `unknown member "grant"`},
		{`{"abi":1,"name":"a b"}`, `name "a b"`},
		{`{"abi":1,"name":"` + long + `"}`, "(cut)"},
		{`{"abi":1,"version":"\u001b[2J"}`, `version "\x1b[2J"`},
		{`{"abi":1,"summary":"two\nlines"}`, "one printable line"},
		{`{"abi":1,"summary":"\u202egnp.exe"}`, "one printable line"},
		{`{"abi":1,"summary":"` + long + `"}`, "200 bytes"},
		{`{"abi":1,"mode":"fresh"}`, `mode "fresh"`},
		{`{"abi":1,"capabilities":["exec"]}`, `unknown capability "exec"`},
		{`{"abi":1,"capabilities":["env","env"]}`, `"env" is listed twice`},
		{`{"abi":1,"capabilities":[null]}`, `null within "capabilities"`},
		{`{"abi":1,"capabilities":"env"}`, `wrong type for "capabilities"`},
		{`{"abi":1,"optional":["env"]}`, `want ["kv"]`},
		{`{"abi":1,"optional":["kv","kv"]}`, `want ["kv"]`},
		{`{"abi":1,"optional":"kv"}`, `wrong type for "optional"`},
		{`{"abi":1,"config":{"":{}}}`, `setting ""`},
		{`{"abi":1,"config":{"a":{},"a":{}}}`, `member "a" twice`},
		{`{"abi":1,"config":{"a":{"secret":true}}}`, `setting "a" has the unknown member "secret"`},
		{`{"abi":1,"config":{"a":{"public":"yes"}}}`, `wrong type for "public"`},
		{`{"abi":1,"config":{"a":{"one_of":[]}}}`, `setting "a": one_of has 0 values`},
		{`{"abi":1,"config":{"a":{"one_of":["x","x"]}}}`, `one_of has "x" twice`},
		{`{"abi":1,"config":{"a":{"one_of":[""]}}}`, `invalid value "" in one_of`},
		{`{"abi":1,"config":{"a":{"one_of":["run this"]}}}`, `invalid value "run this" in one_of`},
		{`{"abi":1,"config":{"a":{"one_of":[null]}}}`, `null within "one_of"`},
		{`{"abi":1,"config":{"a":{"one_of":["x"],"default":"y"}}}`, `one_of does not have the default "y"`},
		{`{"abi":1,"config":{"a":{"required":true,"default":"y"}}}`, "required and has a default"},
		{`{"abi":1,"config":{"a":{"default":"a\u001b[2J"}}}`, "invalid default"},
		{`{"abi":1,"config":{"a":null}}`, `setting "a" is not an object`},
		{`{"abi":1,"config":[]}`, "is not an object"},
		{`{"abi":1,"config":{"a":{"summary":"\t"}}}`, `summary of setting "a"`},
		{`{"abi":1,"summary":"` + strings.Repeat(" ", module.MaxManifest) + `"}`, "at most 65536"},
	} {
		m, err := module.ParseManifest([]byte(c.input))
		if err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("ParseManifest(%.60q) = %v, want %q", c.input, err, c.words)
		}
		if !reflect.DeepEqual(m, module.Manifest{}) {
			t.Errorf("ParseManifest(%.60q) returned a manifest with its error", c.input)
		}
	}
}

func TestPack(t *testing.T) {
	t.Parallel()
	bare := plain().bytes()
	first, err := module.Pack(bare, []byte(`{"abi": 1, "name": "one"}`))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(first, bare) {
		t.Error("packing changed the module itself")
	}
	second, err := module.Pack(first, []byte(`{"name": "two", "abi": 1}`))
	if err != nil {
		t.Fatal(err)
	}
	info, err := module.Inspect(second)
	if err != nil || info.Manifest.Name != "two" {
		t.Errorf("packed twice: %+v, %v, want the second manifest", info.Manifest, err)
	}
	if len(second) != len(first) {
		t.Errorf("packed twice: %d bytes, want %d: the first manifest is still there", len(second), len(first))
	}
}

func TestPackRefuses(t *testing.T) {
	t.Parallel()
	w := plain()
	w.imports = []function{{"postern_env_v1", "get", i32 + i32 + i32 + i32, i32}}
	for _, c := range []struct {
		name     string
		wasm     []byte
		manifest string
		want     module.Reason
	}{
		{"no module", []byte("x"), `{"abi":1}`, module.NotWasm},
		{"not loadable", []byte("\x00asm\x01\x00\x00\x00"), `{"abi":1}`, "memory_missing"},
		{"bad manifest", plain().bytes(), `{"abi":1,"x":1}`, module.BadManifest},
		{"capability left out", w.bytes(), `{"abi":1,"capabilities":["file"]}`, module.Undeclared},
	} {
		out, err := module.Pack(c.wasm, []byte(c.manifest))
		if got := reason(t, err); got != c.want || out != nil {
			t.Errorf("%s: reason = %q with %d bytes, want %q", c.name, got, len(out), c.want)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"name":"a","version":"1","abi":1,"summary":"s","config":{"p":{"summary":"q","required":true}},"capabilities":["env"],"mode":"serial"}`))
	f.Add([]byte(`{"abi":1,"abi":1}`))
	f.Add([]byte(`{"abi":1,"config":{"p":{"public":true,"one_of":["a","b"],"default":"a"}}}`))
	f.Add([]byte(`{"abi":1,"config":{}}`))
	f.Add([]byte(`{"abi":1,"config":{"a":{},"a":null}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := module.ParseManifest(b)
		if err != nil {
			reason(t, err)
			if !reflect.DeepEqual(m, module.Manifest{}) {
				t.Error("a manifest came with the error")
			}
			return
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := module.ParseManifest(text)
		if err != nil {
			t.Fatalf("%s was written and is refused: %v", text, err)
		}
		if second, _ := json.Marshal(again); !bytes.Equal(text, second) {
			t.Errorf("%s became %s", text, second)
		}
	})
}
