package wasmbin

// MaxModule is the default of [Limits.ModuleBytes].
const MaxModule = 32 << 20

// Limits bound what a module may ask of an engine before it runs. A zero field
// means its default, so the zero value is the default set. A negative field means
// that none is accepted.
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
	MemoryPages   int // pages of 64 KiB that the memory may have at the start; 256
	CustomBytes   int // all custom sections; the default is ModuleBytes
	NameBytes     int // an import, export or section name; 512
	Nesting       int // blocks within each other; 4,000
	BranchTable   int // labels of one br_table; 65,536
	Edges         int // labels of all br_tables, times the values that each carries plus one; 2,000,000
	Blocks        int // basic blocks of one function, with what Meter adds; 20,000
	Joins         int // values that a compiler may have to carry from block to block in one function; 2,000,000
	TotalJoins    int // the same over all functions; 8,000,000
	Paths         int // per function blocks times blocks and labels, added up; 500,000,000
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
	set(&l.Edges, 2_000_000)
	set(&l.Blocks, 20_000)
	set(&l.Joins, 2_000_000)
	set(&l.TotalJoins, 8_000_000)
	set(&l.Paths, 500_000_000)
	return l
}
