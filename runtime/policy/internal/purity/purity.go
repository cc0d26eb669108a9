// Package purity checks that Lua functions change nothing that outlives a call, and
// read nothing from outside that is nil. Start with [New].
package purity

import (
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// Config is what a Checker knows about the sandbox of the functions.
type Config struct {
	// Native reports whether a function of the host keeps nothing between calls.
	Native func(*lua.LFunction) bool
	// Files are the global functions that only a file may call.
	Files []string
	// Hint returns which of known was probably meant by a name, "" for none.
	Hint func(name string, known []string) string
}

// Checker checks predicates. It visits every function that a predicate can reach:
// inner functions, captured variables, and the functions in captured tables. Writes
// to tables are rejected when they happen, so only writes to variables remain, and
// those are visible in the bytecode.
//
// Because nothing is written, one predicate may run on many machines at the same
// time, and no call can leave anything for another to see. And what a predicate
// captures is the same in each call, so what it reads from there is known.
//
// Not safe for concurrent use.
type Checker struct {
	config     Config
	seenFuncs  map[*lua.LFunction]bool
	seenTables map[*lua.LTable]bool
	seenProtos map[*lua.FunctionProto]bool
}

// New returns a Checker.
func New(c Config) *Checker {
	return &Checker{c, map[*lua.LFunction]bool{}, map[*lua.LTable]bool{}, map[*lua.FunctionProto]bool{}}
}

// Error is a place where a predicate does what it may not.
type Error struct {
	File string // "" if unknown
	Line int    // 0 if unknown
	Msg  string
	Hint string // a name that was probably meant, "" if unknown
}

// Error returns the message.
func (e *Error) Error() string { return e.Msg }

func written(name string, line int) error {
	return &Error{Line: line, Msg: fmt.Sprintf("a predicate may not change %.64q, which outlives the call (line %d)", name, line)}
}

func (p *Checker) check(v lua.LValue) error {
	switch v := v.(type) {
	case *lua.LFunction:
		return p.Function(v)
	case *lua.LTable:
		return p.table(v)
	}
	return nil
}

// Function checks fn and what it can reach. The error is an [*Error]. Call it when the
// file that declared fn has ended, so that captured variables have their last values.
func (p *Checker) Function(fn *lua.LFunction) error {
	if fn.IsG { // an iterator changes its position with each call
		if !p.config.Native(fn) {
			return &Error{Msg: "a predicate may not keep an iterator"}
		}
		return nil
	}
	if p.seenFuncs[fn] {
		return nil
	}
	p.seenFuncs[fn] = true
	if err := p.proto(fn.Proto); err != nil {
		return err
	}
	for _, up := range fn.Upvalues {
		if up == nil || !up.IsClosed() {
			return &Error{Msg: "a predicate captures a variable that is still in use"}
		}
		if err := p.check(up.Value()); err != nil {
			return err
		}
	}
	return p.absent(fn)
}

func (p *Checker) table(t *lua.LTable) error {
	if p.seenTables[t] {
		return nil
	}
	p.seenTables[t] = true
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if err := p.check(v); err != nil {
			return err
		}
	}
	return nil
}

// proto looks for instructions that write a variable of an enclosing function.
// An inner function may not even write those of the predicate itself, which
// would be harmless: the check stays simple, and predicates are short.
func (p *Checker) proto(proto *lua.FunctionProto) error {
	if p.seenProtos[proto] {
		return nil
	}
	p.seenProtos[proto] = true
	skip := 0 // pseudo-instructions after a closure
	for pc, inst := range proto.Code {
		if skip > 0 {
			skip--
			continue
		}
		switch int(inst >> 26) {
		case lua.OP_CLOSURE:
			skip = int(proto.FunctionPrototypes[inst&0x3ffff].NumUpvalues)
		case lua.OP_SETUPVAL:
			name := "a variable"
			if b := int(inst & 0x1ff); b < len(proto.DbgUpvalues) {
				name = proto.DbgUpvalues[b]
			}
			return written(name, proto.DbgSourcePositions[pc])
		case lua.OP_GETGLOBAL:
			name := proto.Constants[inst&0x3ffff].String()
			if slices.Contains(p.config.Files, name) {
				line := proto.DbgSourcePositions[pc]
				return &Error{Line: line, Msg: fmt.Sprintf("%s may be called at the top of a file, not by a predicate (line %d)", name, line)}
			}
		case lua.OP_SETGLOBAL:
			return written("a global", proto.DbgSourcePositions[pc])
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		if err := p.proto(inner); err != nil {
			return err
		}
	}
	return nil
}
