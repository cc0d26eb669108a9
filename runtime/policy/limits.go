package policy

// Limits bound what a policy file may cost. The zero value of each field
// means its default. The same limits hold while a policy is loaded, decided,
// explained, tested and replayed.
type Limits struct {
	// Source is the largest size of one Lua file, in bytes (256 KiB).
	Source int
	// Nesting is the deepest syntax tree of one file (100).
	Nesting int
	// LoadInstructions bounds the Lua instructions of one load (250,000);
	// a declarative rule takes about 25.
	LoadInstructions int64
	// LoadBytes bounds the memory that Lua asks for during one load (8 MiB).
	LoadBytes int64
	// CallInstructions bounds one predicate or chain hook (10,000).
	CallInstructions int64
	// CallBytes bounds the memory that one predicate or hook asks for (1 MiB).
	CallBytes int64
	// String is the longest string in a policy, and the longest caller, role
	// or label value that a predicate may read, in bytes (4 KiB).
	String int
	// List is the largest number of items in one Lua table (4,096).
	List int
}

// compileWork bounds the work of the Lua compiler, which looks constants up
// in a list: without it a small file could cost seconds.
const compileWork = 40 << 20

// maxTokens bounds the work of the parser, which takes about a microsecond for
// each word or sign. A file of 3,000 rules has half as many.
const maxTokens = 100_000

// maxCode bounds the instructions of one Lua function, well below the point
// where a jump no longer fits its instruction.
const maxCode = 100_000

func (l Limits) withDefaults() Limits {
	set(&l.Source, 256<<10)
	set(&l.Nesting, 100)
	set(&l.LoadInstructions, 250_000)
	set(&l.LoadBytes, 8<<20)
	set(&l.CallInstructions, 10_000)
	set(&l.CallBytes, 1<<20)
	set(&l.String, 4<<10)
	set(&l.List, 4096)
	return l
}

func set[T int | int64](p *T, def T) {
	if *p <= 0 {
		*p = def
	}
}
