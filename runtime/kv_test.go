package runtime_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
)

// A module that says that it works without kv is loaded where that is off, and can store
// nothing. Another manifest changes nothing else.
func TestKVOffForAModuleThatWorksWithout(t *testing.T) {
	t.Parallel()
	wasm, _ := modules.Bytes("memory")
	packed, err := module.Pack(wasm, []byte(`{"abi": 1, "config": {}, "optional": ["kv"]}`))
	path := filepath.Join(t.TempDir(), "m.wasm")
	if err := errors.Join(err, os.WriteFile(path, packed, 0o600)); err != nil {
		t.Fatal(err)
	}
	value, err := secret.FromString("a value")
	if err != nil {
		t.Fatal(err)
	}
	for kv, want := range map[int64]secret.Code{-1: secret.ErrTooLarge, 0: ""} {
		rt := open(t, runtime.Options{
			Providers: []runtime.ProviderOptions{{Name: "m", Module: path}}, AllowUnpinned: true, Limits: runtime.Limits{KV: kv},
		})
		err := rt.Set(t.Context(), "k", value)
		if (err == nil) != (want == "") || err != nil && secret.CodeOf(err) != want {
			t.Errorf("Limits.KV = %d: Set = %v, want %q", kv, err, want)
		}
		if _, err := rt.Get(t.Context(), "k"); (err == nil) != (want == "") {
			t.Errorf("Limits.KV = %d: Get = %v", kv, err)
		}
	}
}

// A negative limit turns kv off: a module that imports it is refused before it runs,
// whatever the mode, and the others work. Zero is the default.
func TestKVOff(t *testing.T) {
	t.Parallel()
	for kv, off := range map[int64]bool{-1: true, -1 << 62: true, 0: false, 1: false} {
		for _, mode := range []runtime.Mode{"", runtime.Pooled, runtime.Serial} {
			rt, err := runtime.Open(t.Context(), runtime.Options{
				Providers:    []runtime.ProviderOptions{{Name: "m", Module: "memory", Mode: mode}},
				Limits:       runtime.Limits{KV: kv},
				CompileCache: compiled,
			})
			if err == nil {
				rt.Close()
			}
			var e *secret.Error
			switch {
			case !off && err != nil:
				t.Errorf("Limits.KV = %d: Open = %v", kv, err)
			case off && (!errors.As(err, &e) || e.Code != secret.ErrLoad || e.Provider != "m" || !strings.Contains(e.Detail, "Limits.KV")):
				t.Errorf("Limits.KV = %d, mode %q: Open = %v, want load_failed that names Limits.KV", kv, mode, err)
			}
		}
	}
	rt, err := runtime.Open(t.Context(), runtime.Options{
		Providers: []runtime.ProviderOptions{
			{Name: "e", Module: "env", Grant: runtime.Grant{Env: []string{"A"}}, Config: map[string]string{"names": "exact"}},
			{Name: "g", Provider: newGoStore(t, map[secret.Key]string{"own": "of a Go value"})},
		},
		Limits: runtime.Limits{KV: -1}, CompileCache: compiled, Environ: func() []string { return []string{"A=a value"} },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	for _, key := range []secret.Key{"A", "own"} {
		if _, err := rt.Get(t.Context(), key); err != nil {
			t.Errorf("without kv, Get(%q) = %v", key, err)
		}
	}
}
