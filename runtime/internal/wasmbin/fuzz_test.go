package wasmbin_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// seed adds the modules of testdata and some of the hostile ones.
func seed(f *testing.F) {
	files, err := filepath.Glob("testdata/*.wasm")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, b := range bombs(20) {
		f.Add(b)
	}
	for _, s := range []string{
		"", empty, body("\xfd\x8c\x00"), body("\x10\x01"), body("\x03\x40\x0c\x00\x0b"), body("\xfe\x10\x02\x00"),
		body("") + section(0, sized("name")+"\x01"+sized("\x01\x00\x01a")), "\x00asm\x0d\x00\x01\x00",
	} {
		f.Add([]byte(s))
	}
}

// FuzzParse parses anything and checks that the result is consistent.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wasmbin.Parse(b)
		if err != nil {
			reason(t, err)
			return
		}
		if len(m.Functions) != m.ImportedFunctions()+len(m.Bodies) {
			t.Errorf("%d functions of %d imports and %d bodies", len(m.Functions), m.ImportedFunctions(), len(m.Bodies))
		}
		for _, e := range m.Exports {
			if got, ok := m.Export(e.Name); !ok || got.Index != e.Index {
				t.Errorf("export %q is not found", e.Name)
			}
		}
		if err := wasmbin.Check(m, wasmbin.Limits{}); err != nil {
			reason(t, err)
		}
	})
}

// FuzzMeter checks that the engine accepts a metered module if it accepts the module,
// and that metering is deterministic.
func FuzzMeter(f *testing.F) {
	seed(f)
	ctx := f.Context()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithDebugInfoEnabled(false).WithMemoryLimitPages(256))
	f.Cleanup(func() { r.Close(ctx) })
	f.Fuzz(func(t *testing.T, b []byte) {
		if check(b, wasmbin.Limits{Locals: 1000, TotalLocals: 10_000}) != nil {
			return
		}
		out, err := meter(b)
		if err != nil {
			if got := reason(t, err); got != wasmbin.ReservedName && got != wasmbin.UnrestorableState {
				t.Fatalf("Check accepts the module, but Meter refuses it: %v", err)
			}
			return
		}
		again, err := meter(b)
		if err != nil || !bytes.Equal(out.Bytes, again.Bytes) {
			t.Fatalf("metering twice differs: %v", err)
		}
		if _, err := wasmbin.Parse(out.Bytes); err != nil {
			t.Fatalf("the result does not parse: %v", err)
		}
		plain, err := r.CompileModule(t.Context(), b)
		if err != nil {
			return
		}
		defer plain.Close(t.Context())
		other, err := r.CompileModule(t.Context(), out.Bytes)
		if err != nil {
			t.Fatalf("the engine accepts the module, but refuses it once metered: %v", err)
		}
		other.Close(t.Context())
	})
}

// FuzzManifest packs any manifest into any module and reads it back.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(empty), []byte(`{"name":"x"}`))
	f.Add([]byte(body("")), []byte{})
	f.Add([]byte(empty+section(0, sized(wasmbin.ManifestSection)+"{}")), []byte("{}"))
	f.Fuzz(func(t *testing.T, b, payload []byte) {
		packed, err := wasmbin.WithManifest(b, payload)
		if err != nil {
			reason(t, err)
			return
		}
		if !bytes.HasSuffix(packed, payload) {
			t.Fatalf("%q does not end in %q", packed, payload)
		}
		if _, err := wasmbin.Parse(packed); err == nil {
			if got, ok := manifestOf(packed); !ok || got != string(payload) {
				t.Fatalf("the manifest is %q, %v, want %q", got, ok, payload)
			}
		}
		before, errBefore := wasmbin.Parse(b)
		after, errAfter := wasmbin.Parse(packed)
		if (errBefore == nil) != (errAfter == nil) {
			t.Fatalf("packing changed what Parse says from %v to %v", errBefore, errAfter)
		}
		if errBefore == nil && len(before.Bodies) != len(after.Bodies) {
			t.Fatal("packing changed the code")
		}
	})
}
