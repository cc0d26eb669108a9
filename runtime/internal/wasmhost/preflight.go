package wasmhost

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/secret"
)

// preflight parses the module and checks its limits, exports and import kinds.
func preflight(o Options) (*wasmbin.Module, error) {
	m, err := wasmbin.Parse(o.Wasm)
	if err == nil && !o.Builtin {
		err = wasmbin.Check(m, wasmbin.Limits{MemoryPages: int(o.Limits.MemoryPages)})
	}
	if err != nil {
		return nil, loadError(o.Name, err, "")
	}
	if detail := cmp.Or(exportFault(m), stateFault(m)); detail != "" {
		return nil, loadError(o.Name, nil, detail)
	}
	return m, nil
}

// loadError is load_failed with a detail of the host's. Errors of wasmbin hold
// names of the module only quoted and cut, so their text may be shown.
func loadError(provider string, cause error, detail string) error {
	var refused *wasmbin.Error
	if detail == "" && errors.As(cause, &refused) {
		detail = refused.Error()
	}
	return (&secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: provider, Detail: detail}).Wrap(cause)
}

// exportFault says in words what is wrong with the exports, or returns "".
func exportFault(m *wasmbin.Module) string {
	if e, ok := m.Export("_start"); ok && e.Kind == wasmbin.Function {
		return "the module is a command (it exports _start); build a reactor: Go -buildmode=c-shared, C -mexec-model=reactor, Rust crate-type cdylib"
	}
	if e, ok := m.Export(abi.ExportMemory); !ok || e.Kind != wasmbin.MemoryKind {
		return fmt.Sprintf("the module does not export its memory as %q", abi.ExportMemory)
	}
	for _, want := range abi.Exports() {
		e, ok := m.Export(want.Name)
		switch {
		case !ok && want.Name == abi.ExportGet:
			return fmt.Sprintf("the module does not export %s", abi.ExportGet)
		case !ok:
			continue
		case e.Kind != wasmbin.Function:
			return fmt.Sprintf("the export %s is no function", want.Name)
		case !sameTypes(e.Type, want):
			return fmt.Sprintf("the export %s has the signature %s, want %s", want.Name, e.Type, signature(want))
		}
	}
	return ""
}

// stateFault says what the rewriter would refuse at the first call: state that
// cannot be put back, and names that it needs itself.
func stateFault(m *wasmbin.Module) string {
	for _, e := range m.Exports {
		if strings.HasPrefix(e.Name, wasmbin.ReservedPrefix) {
			return fmt.Sprintf("the module exports a name that starts with %s, which is the host's own", wasmbin.ReservedPrefix)
		}
	}
	for i, g := range m.Globals {
		if g.Mutable && (g.Type == wasmbin.V128 || g.Type.IsReference()) {
			return fmt.Sprintf("global %d is mutable and a %s, which no host can put back", i, g.Type)
		}
	}
	return ""
}

func sameTypes(have wasmbin.FuncType, want abi.Func) bool {
	same := func(a []wasmbin.ValueType, b []abi.Type) bool {
		return slices.EqualFunc(a, b, func(x wasmbin.ValueType, y abi.Type) bool { return byte(x) == byte(y) })
	}
	return same(have.Params, want.Params) && same(have.Results, want.Results)
}

func signature(f abi.Func) string {
	convert := func(ts []abi.Type) []wasmbin.ValueType {
		out := make([]wasmbin.ValueType, len(ts))
		for i, t := range ts {
			out[i] = wasmbin.ValueType(t)
		}
		return out
	}
	return wasmbin.FuncType{Params: convert(f.Params), Results: convert(f.Results)}.String()
}

// imports lists what the module wants, for the grant check. wasmbin.Check has
// refused imports that are no functions.
func imports(m *wasmbin.Module) []capability.Import {
	convert := func(ts []wasmbin.ValueType) []abi.Type {
		out := make([]abi.Type, len(ts))
		for i, t := range ts {
			out[i] = abi.Type(t)
		}
		return out
	}
	out := make([]capability.Import, 0, len(m.Imports))
	for _, i := range m.Imports {
		out = append(out, capability.Import{
			Module: i.Module, Name: i.Name,
			Params: convert(i.Type.Params), Results: convert(i.Type.Results),
		})
	}
	return out
}

func importModules(m *wasmbin.Module) []string {
	var out []string
	for _, i := range m.Imports {
		if !slices.Contains(out, i.Module) {
			out = append(out, i.Module)
		}
	}
	return out
}
