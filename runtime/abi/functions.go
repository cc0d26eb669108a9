package abi

import (
	"slices"
	"strings"
)

// Type is a WebAssembly value type in its binary encoding.
type Type byte

// The value types that the ABI uses.
const (
	I32 Type = 0x7f
	I64 Type = 0x7e
)

// Func is the signature of a function.
type Func struct {
	Module  string // "" for an export
	Name    string
	Params  []Type
	Results []Type
}

// Exports returns the signatures of the functions that a module may export to the
// host, in the order of SPEC.md. The caller may change the result.
func Exports() []Func {
	status := []Type{I32}
	return []Func{
		{Name: ExportInitialize},
		{Name: ExportOpen, Results: status},
		{Name: ExportGet, Results: status},
		{Name: ExportSet, Results: status},
		{Name: ExportDelete, Results: status},
		{Name: ExportKeys, Results: status},
		{Name: ExportPoll, Results: status},
		{Name: ExportClose, Results: status},
	}
}

// Imports returns the signatures of the host functions in the postern_ modules, in
// the order of SPEC.md. The caller may change the result.
func Imports() []Func {
	i := func(n int) []Type {
		all := [...]Type{I32, I32, I32, I32, I32}
		return all[:n:n]
	}
	return []Func{
		{ModuleCore, "input", i(2), i(1)},
		{ModuleCore, "emit", i(2), i(1)},
		{ModuleCore, "fail", i(2), nil},
		{ModuleCore, "log", i(3), nil},
		{ModuleCore, "log_enabled", i(1), i(1)},
		{ModuleCore, "features", nil, []Type{I64}},
		{ModuleEnv, "get", i(4), i(1)},
		{ModuleEnv, "list", i(4), i(1)},
		{ModuleFile, "read", i(4), i(1)},
		{ModuleFile, "read_at", i(5), i(1)},
		{ModuleFile, "stat", i(4), i(1)},
		{ModuleFile, "list", i(4), i(1)},
		{ModuleFile, "write", i(4), i(1)},
		{ModuleFile, "remove", i(2), i(1)},
		{ModuleKV, "get", i(4), i(1)},
		{ModuleKV, "put", i(4), i(1)},
		{ModuleKV, "delete", i(2), i(1)},
		{ModuleKV, "list", i(4), i(1)},
	}
}

// WASIImports returns the signatures of the host functions in [ModuleWASI], in the
// order of SPEC.md. The caller may change the result.
func WASIImports() []Func {
	status := []Type{I32}
	fn := func(name string, params ...Type) Func {
		return Func{Module: ModuleWASI, Name: name, Params: params, Results: status[:1:1]}
	}
	return []Func{
		fn("args_get", I32, I32), fn("args_sizes_get", I32, I32),
		fn("environ_get", I32, I32), fn("environ_sizes_get", I32, I32),
		fn("clock_time_get", I32, I64, I32), fn("clock_res_get", I32, I32),
		fn("random_get", I32, I32),
		fn("fd_write", I32, I32, I32, I32),
		fn("fd_read", I32, I32, I32, I32),
		fn("fd_close", I32), fn("fd_fdstat_get", I32, I32), fn("fd_fdstat_set_flags", I32, I32), fn("fd_prestat_get", I32, I32),
		fn("fd_prestat_dir_name", I32, I32, I32), fn("fd_seek", I32, I64, I32, I32),
		fn("poll_oneoff", I32, I32, I32, I32),
		fn("sched_yield"),
		{Module: ModuleWASI, Name: "proc_exit", Params: []Type{I32}},
	}
}

// Capabilities returns the names of all capabilities, sorted: those of [Imports] and
// the reserved ones, without the core, which every module may import. The import
// module postern_env_v1 is the capability "env". The caller may change the slice.
func Capabilities() []string {
	modules := []string{ModuleHTTP, ModuleSecret} // reserved
	for _, f := range Imports() {
		if f.Module != ModuleCore {
			modules = append(modules, f.Module)
		}
	}
	for i, m := range modules {
		m = strings.TrimPrefix(m, "postern_")
		modules[i] = m[:strings.LastIndex(m, "_v")]
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}
