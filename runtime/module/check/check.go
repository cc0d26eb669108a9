package check

import (
	"context"
	"slices"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmbin/cost"
)

// allPages is the largest memory that WebAssembly allows, in pages of 64 KiB.
const allPages = 65_536

// Options select what [Module] checks.
type Options struct {
	// MemoryPages is the largest memory, in pages of 64 KiB, that a module may
	// start with. 0 accepts every memory: how large it may be is up to the
	// operator and not a property of the file.
	MemoryPages int

	// Large accepts modules that are expensive to compile: up to 120 s and 1,200 MiB,
	// and 12 s for one function, instead of 2 s and 512 MiB.
	Large bool

	// Trusted skips checking the function bodies, not the limits. It is for the
	// built-in modules, whose tests check their code.
	Trusted bool
}

// Cost is what compiling a module takes at most, as the model of the compiler
// estimates it.
type Cost struct {
	Seconds float64 // on two processors
	MiB     float64 // of memory
	Large   bool    // more than a module may take without Options.Large
}

// Module parses the bytes of a module and checks the binary format, the limits
// and the guest ABI. The error is an *Error. The result aliases b, which must not
// change while it is in use.
func Module(b []byte, o Options) (*wasmbin.Module, error) {
	m, _, err := Appraise(b, o)
	return m, err
}

// Appraise is [Module], and returns what it costs to compile the module; a zero Cost with
// Options.Trusted.
func Appraise(b []byte, o Options) (*wasmbin.Module, Cost, error) {
	return AppraiseContext(context.Background(), b, o)
}

// AppraiseContext is [Appraise], but ends when ctx does. The error is then the cause of
// that, and not an *Error.
func AppraiseContext(ctx context.Context, b []byte, o Options) (*wasmbin.Module, Cost, error) {
	m, err := wasmbin.Parse(b)
	if err != nil {
		return nil, Cost{}, Binary(err)
	}
	if o.MemoryPages <= 0 {
		o.MemoryPages = allPages
	}
	l := wasmbin.Limits{MemoryPages: o.MemoryPages}
	if o.Large {
		l.Compile = cost.Large
	}
	if o.Trusted {
		if err := wasmbin.CheckLimits(m, l); err != nil {
			return nil, Cost{}, Binary(err)
		}
		return m, Cost{}, ABI(m)
	}
	e, err := wasmbin.Appraise(ctx, m, l)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, Cost{}, context.Cause(ctx)
	case err != nil:
		return nil, Cost{}, Binary(err)
	}
	return m, Cost{Seconds: e.Seconds, MiB: e.MiB, Large: !e.Within(cost.Default)}, ABI(m)
}

// ABI checks the imports and exports of m, with their signatures, against the
// guest ABI, and whether a host can restore m between calls. The error is an
// *Error.
func ABI(m *wasmbin.Module) error {
	for _, step := range []func(*wasmbin.Module) error{command, imports, exports, state} {
		if err := step(m); err != nil {
			return err
		}
	}
	return nil
}

// command goes first: a command lacks the exports too, but its author needs to
// know how to build a reactor.
func command(m *wasmbin.Module) error {
	if e, ok := m.Export("_start"); !ok || e.Kind != wasmbin.Function {
		return nil
	}
	return refuse(Command, "the module is a command (it exports _start); build a reactor: "+
		"Go -buildmode=c-shared, C -mexec-model=reactor, Rust crate-type cdylib")
}

// state refuses what wasmbin.Meter would refuse at the first call.
func state(m *wasmbin.Module) error {
	if err := wasmbin.Meterable(m); err != nil {
		return Binary(err)
	}
	return nil
}

func exports(m *wasmbin.Module) error {
	switch memory, ok := m.Export(abi.ExportMemory); {
	case !ok:
		return refuse(MissingExport, "the module does not export its memory as %q", abi.ExportMemory)
	case memory.Kind != wasmbin.MemoryKind:
		return refuse(ExportSignature, "the export %q is a %s; want a memory", abi.ExportMemory, memory.Kind)
	}
	for _, want := range abi.Exports() {
		e, ok := m.Export(want.Name)
		switch {
		case !ok && want.Name == abi.ExportGet:
			return refuse(MissingExport, "the module does not export %q, a function %s", want.Name, Signature(want))
		case !ok:
		case e.Kind != wasmbin.Function:
			return refuse(ExportSignature, "the export %q is a %s; want a function", want.Name, e.Kind)
		case !sameSignature(e.Type, want):
			return refuse(ExportSignature, "the export %q has the signature %s; want %s", want.Name, e.Type, Signature(want))
		}
	}
	return nil
}

// Signature returns the signature of a function of the ABI, such as
// "(i32, i32) -> (i32)".
func Signature(f abi.Func) string {
	return wasmbin.FuncType{Params: valueTypes(f.Params), Results: valueTypes(f.Results)}.String()
}

func valueTypes(types []abi.Type) []wasmbin.ValueType {
	all := make([]wasmbin.ValueType, len(types))
	for i, t := range types {
		all[i] = wasmbin.ValueType(t)
	}
	return all
}

func sameSignature(have wasmbin.FuncType, want abi.Func) bool {
	same := func(x wasmbin.ValueType, y abi.Type) bool { return byte(x) == byte(y) }
	return slices.EqualFunc(have.Params, want.Params, same) && slices.EqualFunc(have.Results, want.Results, same)
}
