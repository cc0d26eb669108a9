package wasmhost_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
)

// The built-in modules pass the checks that the host skips when it loads them.
func TestBuiltinModulesPassTheChecks(t *testing.T) {
	t.Parallel()
	for _, name := range modules.Names() {
		wasm, _ := modules.Bytes(name)
		m, err := wasmbin.Parse(wasm)
		if err == nil {
			err = wasmbin.Check(m, wasmbin.Limits{})
		}
		if err != nil {
			t.Errorf("module %q: %v", name, err)
		}
	}
}

// meteredIn reads a variable with a cache in dir, as the next process would, and returns
// the files that the cache keeps of metered modules.
func meteredIn(t *testing.T, dir string, builtin bool) []string {
	t.Helper()
	wasm, _ := modules.Bytes("env")
	cache, err := codecache.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	p, err := wasmhost.Open(t.Context(), wasmhost.Options{
		Name: "env", Wasm: wasm, Builtin: builtin, Grant: all.Grants{Env: []string{"*"}}, Environ: func() []string { return []string{"K=v"} },
		Cache: cache, Limits: wasmhost.Limits{Call: 5 * time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if s, err := p.Get(t.Context(), "K"); err != nil {
		t.Errorf("Get() = %v", err)
	} else if got, _ := s.ExposeString(); got != "v" {
		t.Errorf("Get() = %q", got)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.metered-*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestBuiltinModuleIsMeteredOnce: a second process takes what the first one kept, unless it
// is damaged. Of a module that is not built in, nothing is kept.
func TestBuiltinModuleIsMeteredOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	if files := meteredIn(t, dir, false); len(files) != 0 {
		t.Errorf("kept %q of a module that is not built in", files)
	}
	files := meteredIn(t, dir, true)
	if len(files) != 1 {
		t.Fatalf("kept %q", files)
	}
	before, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	meteredIn(t, dir, true)
	if after, err := os.Stat(files[0]); err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was written again, %v", err)
	}
	if err := os.WriteFile(files[0], []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	meteredIn(t, dir, true)
	if after, err := os.Stat(files[0]); err != nil || after.Size() != before.Size() {
		t.Errorf("the damaged file is still there, %v", err)
	}
}
