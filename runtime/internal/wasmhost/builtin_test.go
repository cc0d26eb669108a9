package wasmhost_test

import (
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
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
