package wasmhost_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/module/check"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile"
)

// verdict is a refusal in the words of module inspect; the zero verdict accepts.
type verdict struct {
	reason module.Reason
	text   string
}

// inspected returns the verdict of module inspect.
func inspected(t *testing.T, wasm []byte) verdict {
	t.Helper()
	_, err := module.Inspect(wasm)
	var e *module.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("Inspect() = %v, not a *module.Error", err)
	}
	if err == nil {
		return verdict{}
	}
	return verdict{e.Reason, e.Error()}
}

// hosted returns the verdict in an error of the host or the runtime: the reason
// of its cause, and the detail that users see.
func hosted(t *testing.T, err error) verdict {
	t.Helper()
	if err == nil {
		return verdict{}
	}
	var e *secret.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not a *secret.Error", err)
	}
	var checked *check.Error
	var manifest *module.Error
	switch {
	case errors.As(err, &checked):
		if want := checked.Reason == check.UnknownImport; want != (e.Code == secret.ErrCapability) {
			t.Errorf("%v has the code %s", err, e.Code)
		}
		return verdict{checked.Reason, e.Detail}
	case errors.As(err, &manifest):
		return verdict{manifest.Reason, e.Detail}
	}
	return verdict{module.Reason(e.Code), e.Detail}
}

// everything grants all that a module can ask for.
func everything(dir string) all.Grants {
	return all.Grants{Env: []string{"*"}, Files: []all.FileGrant{{Path: dir}}}
}

func openHost(name string, wasm []byte, dir string) error {
	p, err := wasmhost.Open(context.Background(), wasmhost.Options{
		Name: name, Wasm: wasm, Grant: everything(dir), Limits: wasmhost.Limits{MemoryPages: 65_536, Module: wasmhost.LargeModule},
	})
	if err == nil {
		err = p.Close()
	}
	return err
}

func openRuntime(t *testing.T, name string, wasm []byte, dir string) error {
	t.Helper()
	path := filepath.Join(dir, "module.wasm")
	if err := os.WriteFile(path, wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := runtime.Open(t.Context(), runtime.Options{
		Providers:     []runtime.ProviderOptions{{Name: name, Module: path, Grant: runtime.Grant{Env: []string{"*"}, Files: []runtime.FileGrant{{Path: dir}}}}},
		AllowUnpinned: true, Limits: runtime.Limits{MemoryPages: 65_536, Module: "large"},
	})
	if err == nil {
		err = r.Close()
	}
	return err
}

// abiReasons are the rules that the link checks again.
var abiReasons = []module.Reason{
	module.Command, module.MissingExport, module.ExportSignature, module.UnknownImport, module.ImportSignature, module.ABIVersion,
	"reserved_name", "unrestorable_state",
}

// manifestReasons are the rules of manifests, which the host does not read.
var manifestReasons = []module.Reason{module.BadManifest, module.Undeclared, module.ABIVersion}

// Every hostile module, and modules that break one rule each, get the same
// verdict in the same words from module inspect, the runtime, the host and its
// link.
func TestOneVerdictEverywhere(t *testing.T) {
	t.Parallel()
	cases, err := hostile.Cases()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	seen := map[module.Reason]int{}
	judge := func(name string, wasm []byte, manifest bool) {
		want := inspected(t, wasm)
		seen[want.reason]++
		if len(wasm) <= 32<<20 { // larger files are not read at all
			if got := hosted(t, openRuntime(t, "p", wasm, dir)); got != want {
				t.Errorf("%s: module inspect says %+v, runtime.Open %+v", name, want, got)
			}
		}
		if manifest {
			want = verdict{}
		}
		if got := hosted(t, openHost("p", wasm, dir)); got != want {
			t.Errorf("%s: module inspect says %+v, the host %+v", name, want, got)
		}
		if slices.Contains(abiReasons, want.reason) {
			if got := hosted(t, wasmhost.LinkUnchecked(wasmhost.Options{Name: "p", Wasm: wasm})); got != want {
				t.Errorf("%s: module inspect says %+v, the link %+v", name, want, got)
			}
		}
	}
	for _, c := range cases {
		wasm, err := c.Wasm()
		if err != nil {
			t.Fatal(err)
		}
		judge(c.Name, wasm, false)
		if r := inspected(t, wasm).reason; c.Fate != "refused" && r != "" {
			t.Errorf("%s runs, but module inspect refuses it: %s", c.Name, r)
		}
	}
	plain := committed(t, "careless")
	for name, c := range map[string]struct {
		wasm []byte
		want module.Reason
	}{
		"abi version":        {hostileImport(t, "postern_env_v2", "get"), module.ABIVersion},
		"unknown module":     {hostileImport(t, "postern_exec_v1", "run"), module.UnknownImport},
		"reserved module":    {hostileImport(t, "postern_http_v1", "request"), module.UnknownImport},
		"unknown function":   {hostileImport(t, "postern_file_v1", "open"), module.UnknownImport},
		"wrong signature":    {hostileImport(t, "wasi_snapshot_preview1", "fd_close"), module.ImportSignature},
		"manifest not JSON":  {manifested(plain, "{"), module.BadManifest},
		"two manifests":      {manifested(manifested(plain, `{"abi":1}`), `{"abi":1}`), module.BadManifest},
		"manifest for abi 2": {manifested(plain, `{"abi":2}`), module.ABIVersion},
		"undeclared":         {manifested(plain, `{"abi":1,"capabilities":[]}`), module.Undeclared},
		"good manifest":      {manifested(plain, `{"abi":1,"capabilities":["env"]}`), ""},
	} {
		if got := inspected(t, c.wasm); got.reason != c.want {
			t.Errorf("%s: Inspect() = %+v, want %s", name, got, c.want)
		}
		judge(name, c.wasm, c.want != "" && slices.Contains(manifestReasons, c.want) && name != "abi version")
	}
	for _, r := range append(abiReasons, manifestReasons...) {
		if seen[r] == 0 {
			t.Errorf("no module is refused for %s", r)
		}
	}
}

// A limit that a built-in module exceeds is refused when the runtime is opened, with
// the code and the words for the same module in a file.
func TestBuiltinModulesObeyTheLimits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range modules.Names() {
		wasm, _ := modules.Bytes(name)
		m, err := wasmbin.Parse(wasm)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+".wasm")
		if err := os.WriteFile(path, wasm, 0o600); err != nil {
			t.Fatal(err)
		}
		for pages := uint32(1); pages <= uint32(m.Memories[0].Min); pages++ {
			var got [2]verdict
			for i, module := range []string{name, path} {
				r, err := runtime.Open(t.Context(), runtime.Options{
					Providers:     []runtime.ProviderOptions{{Name: "p", Module: module, Grant: runtime.Grant{Env: []string{"*"}, Files: []runtime.FileGrant{{Path: dir}}}}},
					AllowUnpinned: true, Limits: runtime.Limits{MemoryPages: pages},
				})
				if err == nil {
					err = r.Close()
				}
				got[i] = hosted(t, err)
			}
			refused := got[0].reason == module.Reason(wasmbin.MemoryTooLarge) || got[0].reason == module.Reason(wasmbin.DataTooLarge)
			if got[0] != got[1] || refused != (pages < uint32(m.Memories[0].Min)) {
				t.Errorf("%s with %d pages: built in %+v, in a file %+v", name, pages, got[0], got[1])
			}
		}
	}
}

// hostileImport returns a module that imports one function () -> i32.
func hostileImport(t *testing.T, module, name string) []byte {
	t.Helper()
	wasm, err := hostile.Case{Name: "import:" + module + ":" + name}.Wasm()
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// manifested appends a manifest to a module.
func manifested(wasm []byte, text string) []byte {
	const name = "postern.manifest"
	content := append([]byte{byte(len(name))}, name...)
	content = append(content, text...)
	out := binary.AppendUvarint(append(slices.Clone(wasm), 0), uint64(len(content)))
	return append(out, content...)
}
