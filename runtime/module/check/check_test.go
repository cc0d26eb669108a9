package check_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/module/check"
)

// importing returns a module that imports the functions and is right otherwise.
func importing(functions ...abi.Func) *wasmbin.Module {
	m := &wasmbin.Module{Exports: []wasmbin.Export{
		{Name: abi.ExportMemory, Kind: wasmbin.MemoryKind},
		{Name: abi.ExportGet, Kind: wasmbin.Function, Type: wasmbin.FuncType{Results: []wasmbin.ValueType{wasmbin.I32}}},
	}}
	types := func(all []abi.Type) []wasmbin.ValueType {
		var out []wasmbin.ValueType
		for _, t := range all {
			out = append(out, wasmbin.ValueType(t))
		}
		return out
	}
	for _, f := range functions {
		m.Imports = append(m.Imports, wasmbin.Import{
			Module: f.Module, Name: f.Name, Kind: wasmbin.Function,
			Type: wasmbin.FuncType{Params: types(f.Params), Results: types(f.Results)},
		})
	}
	return m
}

func wantReason(t *testing.T, what string, err error, want check.Reason, words ...string) {
	t.Helper()
	var e *check.Error
	if !errors.As(err, &e) || e.Reason != want {
		t.Errorf("%s = %v, want %s", what, err, want)
		return
	}
	for _, w := range words {
		if !strings.Contains(e.Error(), w) {
			t.Errorf("%s = %q, want %q in it", what, e, w)
		}
	}
}

func TestABIAcceptsAllThatIsOffered(t *testing.T) {
	t.Parallel()
	if err := check.ABI(importing(append(abi.Imports(), abi.WASIImports()...)...)); err != nil {
		t.Errorf("ABI() = %v", err)
	}
}

// wasiPreview1 is every function of the snapshot.
var wasiPreview1 = strings.Fields(`args_get args_sizes_get clock_res_get clock_time_get environ_get
	environ_sizes_get fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags
	fd_fdstat_set_rights fd_filestat_get fd_filestat_set_size fd_filestat_set_times fd_pread
	fd_prestat_dir_name fd_prestat_get fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync fd_tell
	fd_write path_create_directory path_filestat_get path_filestat_set_times path_link path_open
	path_readlink path_remove_directory path_rename path_symlink path_unlink_file poll_oneoff proc_exit
	proc_raise random_get sched_yield sock_accept sock_recv sock_send sock_shutdown`)

func TestTM022OtherWASIFunctionsAreRefused(t *testing.T) {
	t.Parallel()
	refused := 0
	for _, name := range wasiPreview1 {
		known := slices.IndexFunc(abi.WASIImports(), func(f abi.Func) bool { return f.Name == name })
		if known >= 0 {
			if err := check.ABI(importing(abi.WASIImports()[known])); err != nil {
				t.Errorf("ABI(%s) = %v", name, err)
			}
			continue
		}
		refused++
		wantReason(t, "ABI("+name+")", check.ABI(importing(abi.Func{Module: abi.ModuleWASI, Name: name})), check.UnknownImport, name, abi.ModuleWASI)
	}
	if want := len(wasiPreview1) - len(abi.WASIImports()); refused != want {
		t.Errorf("%d functions refused, want %d", refused, want)
	}
}

func TestImportsAreRefused(t *testing.T) {
	t.Parallel()
	i32 := []abi.Type{abi.I32}
	for _, c := range []struct {
		im    abi.Func
		want  check.Reason
		words []string
	}{
		{abi.Func{Module: "env", Name: "abort"}, check.UnknownImport, []string{`"env"`, `"abort"`}},
		{abi.Func{Module: "provider-a", Name: "get"}, check.UnknownImport, []string{"provider-a"}},
		{abi.Func{Module: "", Name: ""}, check.UnknownImport, nil},
		{abi.Func{Module: abi.ModuleCore, Name: "shell"}, check.UnknownImport, []string{"shell"}},
		{abi.Func{Module: abi.ModuleHTTP, Name: "request"}, check.UnknownImport, []string{abi.ModuleHTTP}},
		{abi.Func{Module: abi.ModuleSecret, Name: "get"}, check.UnknownImport, []string{abi.ModuleSecret}},
		{abi.Func{Module: "postern_v2", Name: "input"}, check.ABIVersion, []string{"postern_v2", "want version 1"}},
		{abi.Func{Module: "postern_env_v9", Name: "get"}, check.ABIVersion, []string{"postern_env_v9", "want version 1"}},
		{abi.Func{Module: abi.ModuleCore, Name: "emit", Params: i32, Results: i32}, check.ImportSignature, []string{"emit", "(i32, i32) -> (i32)"}},
		{abi.Func{Module: abi.ModuleCore, Name: "features", Results: i32}, check.ImportSignature, []string{"() -> (i64)"}},
		{abi.Func{Module: abi.ModuleWASI, Name: "sched_yield"}, check.ImportSignature, []string{"sched_yield", "() -> (i32)"}},
	} {
		wantReason(t, fmt.Sprintf("ABI(%+v)", c.im), check.ABI(importing(c.im)), c.want, c.words...)
	}
}

// A name comes from the module: in an error it stands on one line, quoted and
// short.
func TestTM027NamesOfImportsAreQuoted(t *testing.T) {
	t.Parallel()
	name := "x\x1b[2J\n{\"level\":\"ERROR\"}" + strings.Repeat("y", 10_000)
	for _, im := range []abi.Func{{Module: name, Name: "f"}, {Module: abi.ModuleCore, Name: name}} {
		err := check.ABI(importing(im))
		wantReason(t, "ABI", err, check.UnknownImport)
		if text := err.Error(); len(text) > 512 || strings.ContainsAny(text, "\x1b\n") {
			t.Errorf("ABI() = %q (%d bytes)", text, len(text))
		}
	}
}

func TestCapability(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		module, name, version string
		ok                    bool
	}{
		{abi.ModuleCore, "", "1", true},
		{abi.ModuleEnv, "env", "1", true},
		{abi.ModuleHTTP, "http", "1", true},
		{"postern_kv_v12", "kv", "12", true},
		{"postern_v", "", "", false},
		{"postern_env", "", "", false},
		{"postern_env_v", "env", "", false},
		{"postern_exec_v1", "exec", "1", false},
		{"postern_v123456", "", "123456", false},
		{"postern_v1x", "", "1x", false},
		{abi.ModuleWASI, "", "", false},
		{"", "", "", false},
	} {
		name, version, ok := check.Capability(c.module)
		if ok != c.ok || ok && (name != c.name || version != c.version) {
			t.Errorf("Capability(%q) = %q, %q, %v", c.module, name, version, ok)
		}
	}
}

func TestErrorIs(t *testing.T) {
	t.Parallel()
	_, err := check.Module([]byte("\x7fELF"), check.Options{})
	if !errors.Is(err, &check.Error{Reason: "not_wasm"}) || errors.Is(err, &check.Error{Reason: check.Command}) {
		t.Errorf("Module() = %v", err)
	}
}
