package modules_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/postern-project/postern/modules"
)

// maxSize is the size limit of a built-in module: it is part of every binary.
const maxSize = 100_000

// shape is what can be read from a module without running it.
type shape struct {
	imports, exports, capabilities []string
}

var onFiles = shape{
	imports:      []string{"postern_file_v1", "postern_v1"},
	exports:      []string{"postern_delete", "postern_get", "postern_keys", "postern_open", "postern_set"},
	capabilities: []string{"file"},
}

var shapes = map[string]shape{
	"env": {
		imports:      []string{"postern_env_v1", "postern_v1"},
		exports:      []string{"postern_get", "postern_keys", "postern_open"},
		capabilities: []string{"env"},
	},
	"dotenv": {
		imports:      []string{"postern_file_v1", "postern_kv_v1", "postern_v1"},
		exports:      onFiles.exports,
		capabilities: []string{"file", "kv"},
	},
	"folder": onFiles, "json": onFiles, "toml": onFiles, "yaml": onFiles,
	"memory": {
		imports:      []string{"postern_kv_v1", "postern_v1"},
		exports:      []string{"postern_delete", "postern_get", "postern_keys", "postern_open", "postern_set"},
		capabilities: []string{"kv"},
	},
}

func TestNames(t *testing.T) {
	t.Parallel()
	names := modules.Names()
	if want := slices.Sorted(maps.Keys(shapes)); !slices.Equal(names, want) {
		t.Errorf("Names() = %q, want %q", names, want)
	}
	for _, name := range []string{"env/env", "../env", ".", "env.wasm", ""} {
		if _, ok := modules.Bytes(name); ok {
			t.Errorf("Bytes(%q) found a module", name)
		}
	}
	names[0] = "changed"
	if modules.Names()[0] == "changed" {
		t.Error("Names returns the same slice twice")
	}
	if wasm, ok := modules.Bytes("nothing"); ok || wasm != nil {
		t.Error("Bytes(\"nothing\") found a module")
	}
}

// TestFolders: a folder with a Cargo.toml is a module, and a module has its parts.
func TestFolders(t *testing.T) {
	t.Parallel()
	crates, err := filepath.Glob("*/Cargo.toml")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, crate := range crates {
		folders = append(folders, filepath.Dir(crate))
	}
	if names := modules.Names(); !slices.Equal(names, folders) {
		t.Errorf("Names() = %q, want the folders with a Cargo.toml, %q: does each have its .wasm file?", names, folders)
	}
	built, err := filepath.Glob("*/*.wasm")
	if err != nil || len(built) != len(folders) {
		t.Errorf("built modules = %q, %v, want one in each of the folders %q", built, err, folders)
	}
	for _, folder := range folders {
		for _, part := range []string{"README.md", "manifest.json", "src/lib.rs", "src/tests.rs", folder + ".wasm"} {
			if _, err := os.Stat(filepath.Join(folder, part)); err != nil {
				t.Errorf("the module %s has no %s: %v", folder, part, err)
			}
		}
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
					t.Errorf("%q contains %q, a path of the build machine", name, path)
				}
			}
		})
	}
}

// inspect returns the imports and exports of a module and the capabilities of its
// manifest.
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
		t.Errorf("manifest = %+v, want abi 1, a name, a version and a summary", manifest)
	}
	s.capabilities = manifest.Capabilities
	return s
}
