package luabox

import (
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// purity checks that a predicate changes nothing that outlives its call. It
// visits every function that the predicate can reach: inner functions, captured
// variables, and the functions in captured tables. Writes to tables are rejected
// when they happen (see writable), so only writes to variables remain, and those
// are visible in the bytecode.
//
// Because nothing is written, one predicate may run on many machines at the same
// time, and no call can leave anything for another to see.
type purity struct {
	box        *Sandbox
	seenFuncs  map[*lua.LFunction]bool
	seenTables map[*lua.LTable]bool
	seenProtos map[*lua.FunctionProto]bool
}

func newPurity(box *Sandbox) *purity {
	return &purity{box, map[*lua.LFunction]bool{}, map[*lua.LTable]bool{}, map[*lua.FunctionProto]bool{}}
}

// impure is a place where a predicate writes.
type impure struct {
	name string
	line int
}

func (e *impure) Error() string {
	return fmt.Sprintf("a predicate may not change %.64q, which outlives the call (line %d)", e.name, e.line)
}

// forbidden is a place where a predicate uses what only a file may use.
type forbidden struct {
	name string
	line int
}

func (e *forbidden) Error() string {
	return fmt.Sprintf("%s may be called at the top of a file, not by a predicate (line %d)", e.name, e.line)
}

func (p *purity) check(v lua.LValue) error {
	switch v := v.(type) {
	case *lua.LFunction:
		return p.function(v)
	case *lua.LTable:
		return p.table(v)
	}
	return nil
}

func (p *purity) function(fn *lua.LFunction) error {
	if fn.IsG { // an iterator changes its position with each call
		if !p.box.natives[fn] {
			return fmt.Errorf("a predicate may not keep an iterator")
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
			return fmt.Errorf("a predicate captures a variable that is still in use")
		}
		if err := p.check(up.Value()); err != nil {
			return err
		}
	}
	return p.absent(fn)
}

func (p *purity) table(t *lua.LTable) error {
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
func (p *purity) proto(proto *lua.FunctionProto) error {
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
			return &impure{name, proto.DbgSourcePositions[pc]}
		case lua.OP_GETGLOBAL:
			name := proto.Constants[inst&0x3ffff].String()
			if name == "require" || slices.Contains(p.box.config.Declare, name) {
				return &forbidden{name, proto.DbgSourcePositions[pc]}
			}
		case lua.OP_SETGLOBAL:
			return &impure{"a global", proto.DbgSourcePositions[pc]}
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		if err := p.proto(inner); err != nil {
			return err
		}
	}
	return nil
}
