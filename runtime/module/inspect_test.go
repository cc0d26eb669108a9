package module_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/module"
)

func TestInspect(t *testing.T) {
	t.Parallel()
	w := plain()
	w.imports = []function{
		{"postern_v1", "input", i32 + i32, i32},
		{"postern_kv_v1", "delete", i32 + i32, i32},
		{"postern_env_v1", "get", i32 + i32 + i32 + i32, i32},
		{"wasi_snapshot_preview1", "sched_yield", "", i32},
	}
	w.exports = append(w.exports, function{name: "postern_keys", results: i32}, function{name: "_initialize"})
	w.custom = [][2]string{{"postern.manifest", `{"abi":1,"name":"mine","capabilities":["env"]}`}}
	b := w.bytes()
	got, err := module.Inspect(b)
	if err != nil {
		t.Fatal(err)
	}
	want := module.Info{
		SHA256: module.Digest(b), Size: len(b),
		Manifest: &module.Manifest{Name: "mine", ABI: 1, Capabilities: []string{"env"}},
		Verbs:    []string{"get", "keys"},
		Wants:    []string{"env", "kv"},
		Imports: []module.Import{
			{"postern_v1", "input", "(i32, i32) -> (i32)"},
			{"postern_kv_v1", "delete", "(i32, i32) -> (i32)"},
			{"postern_env_v1", "get", "(i32, i32, i32, i32) -> (i32)"},
			{"wasi_snapshot_preview1", "sched_yield", "() -> (i32)"},
		},
		Exports: []module.Export{
			{"postern_get", "function", "() -> (i32)"},
			{"postern_keys", "function", "() -> (i32)"},
			{"_initialize", "function", "() -> ()"},
			{"memory", "memory", ""},
		},
		MemoryMin: 1, MemoryMax: 2,
	}
	if c := got.Compile; c.Seconds <= 0 || c.Seconds > 0.1 || c.MiB <= 0 || c.MiB > 32 || c.Large {
		t.Errorf("Compile = %+v", c)
	}
	got.Compile = module.Compile{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Inspect = %+v, want %+v", got, want)
	}
}

func TestInspectRefuses(t *testing.T) {
	t.Parallel()
	with := func(change func(*wasm)) []byte {
		w := plain()
		change(&w)
		return w.bytes()
	}
	imported := func(f function) []byte { return with(func(w *wasm) { w.imports = []function{f} }) }
	manifest := func(texts ...string) []byte {
		return with(func(w *wasm) {
			w.imports = []function{{"postern_file_v1", "remove", i32 + i32, i32}}
			for _, text := range texts {
				w.custom = append(w.custom, [2]string{"postern.manifest", text})
			}
		})
	}
	whole := plain().bytes()
	for _, c := range []struct {
		name  string
		input []byte
		want  module.Reason
		words string
	}{
		{"nothing", nil, module.Truncated, "empty"},
		{"no wasm", []byte("#!/bin/sh\n"), module.NotWasm, "magic bytes"},
		{"text format", []byte("(module)"), module.NotWasm, "assemble"},
		{"component", []byte("\x00asm\x0d\x00\x01\x00"), module.Component, "build a core module"},
		{"cut", whole[:len(whole)-3], module.Truncated, "byte"},
		{"empty module", []byte("\x00asm\x01\x00\x00\x00"), "memory_missing", "defines no memory"},
		{"command", with(func(w *wasm) { w.exports = []function{{name: "_start"}} }), module.Command, "-buildmode=c-shared"},
		{"no get", with(func(w *wasm) { w.exports = nil }), module.MissingExport, `"postern_get", a function () -> (i32)`},
		{"memory under another name", with(func(w *wasm) { w.memory = "mem" }), module.MissingExport, `"memory"`},
		{"memory is a function", with(func(w *wasm) {
			w.memory = ""
			w.exports = append(w.exports, function{name: "memory"})
		}), module.ExportSignature, `"memory" is a function; want a memory`},
		{"get returns nothing", with(func(w *wasm) { w.exports = []function{{name: "postern_get"}} }),
			module.ExportSignature, "has the signature () -> (); want () -> (i32)"},
		{"get is a memory", with(func(w *wasm) { w.memory, w.exports = "postern_get", []function{{name: "memory"}} }),
			module.ExportSignature, ""},
		{"set takes a key", with(func(w *wasm) {
			w.exports = append(w.exports, function{name: "postern_set", params: i32, results: i32})
		}), module.ExportSignature, `"postern_set" has the signature (i32) -> (i32); want () -> (i32)`},
		{"next version", imported(function{"postern_v2", "input", i32 + i32, i32}), module.ABIVersion, "version 2 of the ABI; want version 1"},
		{"next version of a capability", imported(function{"postern_env_v12", "get", "", ""}), module.ABIVersion, "version 12"},
		{"version with a zero", imported(function{"postern_v01", "input", "", ""}), module.ABIVersion, "version 01"},
		{"no version", imported(function{"postern_env", "get", "", ""}), module.UnknownImport, "does not offer that module"},
		{"no capability of the ABI", imported(function{"postern_exec_v1", "run", "", ""}), module.UnknownImport, `"postern_exec_v1"`},
		{"somebody else's host", imported(function{"env", "abort", "", ""}), module.UnknownImport, "does not offer that module"},
		{"no such function", imported(function{"postern_env_v1", "set", "", ""}), module.UnknownImport, `"set" from "postern_env_v1"; version 1 of the ABI does not offer it`},
		{"control characters", imported(function{"a\x1b[31m", "b\n", "", ""}), module.UnknownImport, `"b\n" from "a\x1b[31m"`},
		{"wrong signature", imported(function{"postern_v1", "emit", i32, i32}), module.ImportSignature, "has the signature (i32) -> (i32); want (i32, i32) -> (i32)"},
		{"two manifests", manifest(`{"abi":1}`, `{"abi":1}`), module.BadManifest, "two manifests"},
		{"broken manifest", manifest(`{`), module.BadManifest, "not JSON"},
		{"manifest of another version", manifest(`{"abi":2}`), module.ABIVersion, "version 2"},
		{"undeclared", manifest(`{"abi":1,"capabilities":["env"]}`), module.Undeclared, "imports file"},
		{"declared", manifest(`{"abi":1,"capabilities":["file"]}`), "", ""},
		{"left to the imports", manifest(`{"abi":1}`), "", ""},
	} {
		info, err := module.Inspect(c.input)
		if got := reason(t, err); got != c.want {
			t.Errorf("%s: reason = %q, want %q: %v", c.name, got, c.want, err)
			continue
		}
		if err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %q lacks %q", c.name, err, c.words)
		}
		if err != nil && !reflect.DeepEqual(info, module.Info{}) {
			t.Errorf("%s: an Info came with the error", c.name)
		}
	}
}

// TestInspectCut cuts a module at every byte: no part may be accepted or panic.
func TestInspectCut(t *testing.T) {
	t.Parallel()
	w := plain()
	w.custom = [][2]string{{"postern.manifest", `{"abi":1}`}}
	whole, sections := w.bytes(), 0
	for n := range whole {
		_, err := module.Inspect(whole[:n])
		if err == nil {
			sections++ // where only the manifest's section is missing
		} else if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
			t.Errorf("cut at %d: %q holds control characters", n, err)
		}
	}
	if sections != 1 {
		t.Errorf("%d cuts passed, want 1", sections)
	}
}

func TestInspectBuiltIn(t *testing.T) {
	t.Parallel()
	for _, name := range modules.Names() {
		b, _ := modules.Bytes(name)
		info, err := module.Inspect(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if info.Manifest == nil || info.Manifest.Name != name {
			t.Errorf("%s: manifest %+v does not name it", name, info.Manifest)
		}
		if !slices.Contains(info.Verbs, "get") {
			t.Errorf("%s: verbs %q lack get", name, info.Verbs)
		}
	}
}

func TestInfoJSON(t *testing.T) {
	t.Parallel()
	info, err := module.Inspect(plain().bytes())
	if err != nil {
		t.Fatal(err)
	}
	info.SHA256 = "-"
	got, err := json.Marshal(info)
	const want = `{"sha256":"-","size":59,"verbs":["get"],"wants":[],"imports":[],"exports":[{"name":"postern_get","kind":"function",` +
		`"signature":"() -\u003e (i32)"},{"name":"memory","kind":"memory"}],"memory_min":1,"memory_max":2,"compile":{"seconds":0.04,"mib":13,"large":false}}`
	if err != nil || string(got) != want {
		t.Errorf("json = %s, %v, want %s", got, err, want)
	}
}

func FuzzInspect(f *testing.F) {
	w := plain()
	w.imports = []function{{"postern_v1", "input", i32 + i32, i32}, {"postern_env_v2", "get", "", ""}}
	w.custom = [][2]string{{"postern.manifest", `{"abi":1,"capabilities":["env"]}`}}
	f.Add(w.bytes())
	f.Add(plain().bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := module.Inspect(b)
		if err != nil {
			reason(t, err)
			if !reflect.DeepEqual(info, module.Info{}) {
				t.Error("an Info came with the error")
			}
			return
		}
		// What passed can be packed, and packing changes nothing but the manifest.
		packed, err := module.Pack(b, []byte(`{"abi":1,"name":"x"}`))
		if err != nil {
			t.Fatalf("an accepted module cannot be packed: %v", err)
		}
		again, err := module.Inspect(packed)
		if err != nil {
			t.Fatalf("a packed module is refused: %v", err)
		}
		if again.Manifest == nil || again.Manifest.Name != "x" || !reflect.DeepEqual(again.Imports, info.Imports) {
			t.Error("packing changed more than the manifest")
		}
	})
}

// The limits that users read are those that the checks apply.
func TestLimitsAreThoseOfTheParser(t *testing.T) {
	t.Parallel()
	if module.MaxSize != wasmbin.MaxModule || module.MaxManifest != wasmbin.MaxManifest {
		t.Errorf("MaxSize = %d, MaxManifest = %d, want %d and %d", module.MaxSize, module.MaxManifest, wasmbin.MaxModule, wasmbin.MaxManifest)
	}
}
