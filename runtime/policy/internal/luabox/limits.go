package luabox

// Limits bound the cost of Lua code. A field that is zero or negative means its
// default, which is given in parentheses.
type Limits struct {
	Source           int   // size of one file in bytes (256 KiB)
	Nesting          int   // depth of the syntax tree of one file (100)
	LoadInstructions int64 // instructions of one load (250,000)
	LoadBytes        int64 // memory requested during one load, in bytes (8 MiB)
	CallInstructions int64 // instructions of one call of a predicate (10,000)
	CallBytes        int64 // memory requested during one such call, in bytes (1 MiB)
	String           int   // length of a string in bytes (4 KiB)
	List             int   // items of one table (4,096)
}

const (
	// compileWork bounds the work of the Lua compiler. It finds a constant by a
	// linear search, so without this bound a small file could take seconds.
	compileWork = 40 << 20

	// maxCode bounds the instructions of one Lua function. It is well below the
	// point where a jump no longer fits into its instruction.
	maxCode = 100_000

	loadDepth = 120 // nested calls while a file is loaded
	callDepth = 64  // nested calls in a predicate
)

// WithDefaults returns l with the default for each field that is not set.
func (l Limits) WithDefaults() Limits {
	setDefault(&l.Source, 256<<10)
	setDefault(&l.Nesting, 100)
	setDefault(&l.LoadInstructions, 250_000)
	setDefault(&l.LoadBytes, 8<<20)
	setDefault(&l.CallInstructions, 10_000)
	setDefault(&l.CallBytes, 1<<20)
	setDefault(&l.String, 4<<10)
	setDefault(&l.List, 4096)
	return l
}

func setDefault[T int | int64](p *T, value T) {
	if *p <= 0 {
		*p = value
	}
}
