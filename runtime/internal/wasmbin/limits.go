package wasmbin

import "github.com/postern-project/postern/runtime/internal/wasmbin/cost"

// MaxModule is the default of [Limits.ModuleBytes].
const MaxModule = 32 << 20

// Limits bound what a module can demand of an engine before it runs. A field that is
// zero means its default; a negative one accepts none. The comments state units and
// defaults.
type Limits struct {
	ModuleBytes   int // size of the module; 32 MiB
	Types         int // 10,000
	Imports       int // 1,000
	Exports       int // 10,000
	Functions     int // defined functions; 50,000
	Locals        int // declared locals of one function; 50,000
	TotalLocals   int // declared locals of all functions; 2,000,000
	Globals       int // 10,000
	Tables        int // 16
	TableElements int // elements of all tables together, and the maximum of each; 65,536
	Segments      int // data segments, and element segments; 100,000 each
	Elements      int // entries of all element segments; 131,072
	MemoryPages   int // initial pages of 64 KiB of the memory; 256
	CustomBytes   int // all custom sections; the default is ModuleBytes
	NameBytes     int // an import, export or section name; 512
	Nesting       int // depth of nested blocks; 4,000
	BranchTable   int // labels of one br_table; 65,536
	Labels        int // labels of all br_tables; 1,000,000
	Arity         int // parameters, and results, of one type; 255
	TypeSlots     int // parameters and results of all types together; 200,000
	Mutable       int // mutable globals; 1,000

	Compile cost.Limits // what compiling the module may take; the default is cost.Default
}

func (l Limits) withDefaults() Limits {
	set := func(field *int, def int) {
		switch {
		case *field == 0:
			*field = def
		case *field < 0:
			*field = 0
		}
	}
	set(&l.ModuleBytes, MaxModule)
	set(&l.Types, 10_000)
	set(&l.Imports, 1_000)
	set(&l.Exports, 10_000)
	set(&l.Functions, 50_000)
	set(&l.Locals, 50_000)
	set(&l.TotalLocals, 2_000_000)
	set(&l.Globals, 10_000)
	set(&l.Tables, 16)
	set(&l.TableElements, 65_536)
	set(&l.Segments, 100_000)
	set(&l.Elements, 131_072)
	set(&l.MemoryPages, 256)
	set(&l.CustomBytes, l.ModuleBytes)
	set(&l.NameBytes, 512)
	set(&l.Nesting, 4_000)
	set(&l.BranchTable, 65_536)
	set(&l.Labels, 1_000_000)
	set(&l.Arity, 255)
	set(&l.TypeSlots, 200_000)
	set(&l.Mutable, 1_000)
	if l.Compile == (cost.Limits{}) {
		l.Compile = cost.Default
	}
	return l
}
