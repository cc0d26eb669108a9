package wasmhost_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile"
)

// A module that is expensive to compile is refused with the reason, and the error says if
// the limit for large modules would accept it.
func TestTM006LargeModules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		module string
		large  bool // accepts it
	}{{"made:many", true}, {"made:merges", false}, {"made:loads", false}} {
		wasm, err := hostile.Case{Name: c.module}.Wasm()
		if err != nil {
			t.Fatal(err)
		}
		_, err = wasmhost.Open(t.Context(), wasmhost.Options{Name: "app", Wasm: wasm})
		var e *secret.Error
		if !errors.As(err, &e) || e.Code != secret.ErrLoad {
			t.Fatalf("%s: Open = %v, want load_failed", c.module, err)
		}
		if !strings.Contains(e.Detail, " would take ") || !strings.Contains(e.Detail, "; the limit is ") {
			t.Errorf("%s: Open = %v", c.module, err)
		}
		if strings.Contains(e.Detail, "limits: { module: large }") != c.large {
			t.Errorf("%s: Open = %v; large modules are accepted: %v", c.module, err, c.large)
		}
		p, err := wasmhost.Open(t.Context(), wasmhost.Options{Name: "app", Wasm: wasm, Limits: wasmhost.Limits{Module: wasmhost.LargeModule}})
		if c.large != (err == nil) {
			t.Errorf("%s: Open with large modules = %v, want accepted %v", c.module, err, c.large)
		}
		if err == nil {
			p.Close()
		}
	}
}
