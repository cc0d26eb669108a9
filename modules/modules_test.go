package modules_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/postern-project/postern/modules"
)

// maxSize is what a built-in module may take: it is part of every binary.
const maxSize = 150_000

// shape is what the sections of a module say of it.
type shape struct {
	imports, exports, capabilities []string
}

var shapes = map[string]shape{
	"env": {
		imports:      []string{"postern_env_v1", "postern_v1"},
		exports:      []string{"postern_get", "postern_keys", "postern_open"},
		capabilities: []string{"env"},
	},
	"file": {
		imports:      []string{"postern_file_v1", "postern_v1"},
		exports:      []string{"postern_delete", "postern_get", "postern_keys", "postern_open", "postern_set"},
		capabilities: []string{"file"},
	},
	"memory": {
		imports:      []string{"postern_kv_v1", "postern_v1"},
		exports:      []string{"postern_delete", "postern_get", "postern_keys", "postern_open", "postern_set"},
		capabilities: []string{"kv"},
	},
}

func TestNames(t *testing.T) {
	t.Parallel()
	names := modules.Names()
	if !slices.IsSorted(names) || len(names) != len(shapes) {
		t.Errorf("Names() = %q, want the %d built-in modules, sorted", names, len(shapes))
	}
	if wasm, ok := modules.Bytes("nothing"); ok || wasm != nil {
		t.Error("Bytes of an unknown name found something")
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	for _, name := range modules.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wasm, ok := modules.Bytes(name)
			if !ok || len(wasm) == 0 || len(wasm) >= maxSize {
				t.Fatalf("Bytes(%q): %d bytes, %v; want some, under %d", name, len(wasm), ok, maxSize)
			}
			got := inspect(t, wasm)
			want := shapes[name]
			for _, c := range []struct {
				what      string
				got, want []string
			}{
				{"imports", got.imports, want.imports},
				{"exports", got.exports, want.exports},
				{"capabilities", got.capabilities, want.capabilities},
			} {
				if !slices.Equal(c.got, c.want) {
					t.Errorf("%s of %q = %q, want %q", c.what, name, c.got, c.want)
				}
			}
			for _, path := range []string{"/home/", "/" + "root/", ".cargo", "/usr/lib"} {
				if strings.Contains(string(wasm), path) {
					t.Errorf("%q holds %q, a path of whoever built it", name, path)
				}
			}
		})
	}
}

// inspect reads what a module imports and exports and what its manifest wants.
func inspect(t *testing.T, wasm []byte) shape {
	t.Helper()
	config := wazero.NewRuntimeConfigInterpreter().WithCustomSections(true)
	r := wazero.NewRuntimeWithConfig(t.Context(), config)
	defer r.Close(t.Context())
	module, err := r.CompileModule(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	var s shape
	for _, f := range module.ImportedFunctions() {
		from, _, _ := f.Import()
		s.imports = append(s.imports, from)
	}
	for name := range module.ExportedFunctions() {
		s.exports = append(s.exports, name)
	}
	slices.Sort(s.imports)
	s.imports = slices.Compact(s.imports)
	slices.Sort(s.exports)
	var manifest struct {
		Name, Version, Summary string
		ABI                    int
		Capabilities           []string
	}
	for _, section := range module.CustomSections() {
		if section.Name() != "postern.manifest" {
			continue
		}
		if err := json.Unmarshal(section.Data(), &manifest); err != nil {
			t.Fatalf("manifest: %v", err)
		}
	}
	if manifest.ABI != 1 || manifest.Name == "" || manifest.Version == "" || manifest.Summary == "" {
		t.Errorf("manifest = %+v, want all of it", manifest)
	}
	s.capabilities = manifest.Capabilities
	return s
}
