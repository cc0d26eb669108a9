package policy

import "github.com/postern-project/postern/runtime/policy/internal/luabox"

// Limits bound the cost of a policy. A field that is zero or negative means its
// default, which is given in parentheses. The same limits apply when a policy is
// loaded, decided, explained and tested, and when a decision log is replayed.
type Limits struct {
	// Source is the largest size of one Lua file in bytes (256 KiB).
	Source int
	// Nesting is the largest depth of the syntax tree of one file (100).
	Nesting int
	// LoadInstructions bounds the Lua instructions of one load (250,000). A
	// declarative rule takes about 25.
	LoadInstructions int64
	// LoadBytes bounds the memory that Lua requests during one load, in bytes
	// (8 MiB).
	LoadBytes int64
	// CallInstructions bounds the Lua instructions of one call of a predicate
	// or chain hook (10,000).
	CallInstructions int64
	// CallBytes bounds the memory that one such call requests, in bytes (1 MiB).
	CallBytes int64
	// String is the largest length of a string in a policy, and of a caller,
	// role or label value that a predicate may read, in bytes (4 KiB).
	String int
	// List is the largest number of items in one Lua table (4,096).
	List int
}

func (l Limits) withDefaults() Limits { return Limits(luabox.Limits(l).WithDefaults()) }
