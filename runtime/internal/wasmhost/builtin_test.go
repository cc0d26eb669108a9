package wasmhost_test

import (
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// The built-in modules keep the limits that the host does not hold them to when
// it loads them.
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
