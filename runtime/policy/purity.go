package policy

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// purity checks that a predicate can write nothing that outlives its call.
// It walks over every function that the predicate can reach: its own inner
// functions, the variables it captured, tables among them, and their
// functions. Tables are guarded when they are written (see writable), so what
// is left are variables, and those show in the bytecode.
//
// Because nothing is written, one predicate may run on many machines at once,
// and nothing that one request does can be seen by another.
type purity struct {
	lib        *library
	seenFuncs  map[*lua.LFunction]bool
	seenTables map[*lua.LTable]bool
	seenProtos map[*lua.FunctionProto]bool
}

func newPurity(lib *library) *purity {
	return &purity{lib, map[*lua.LFunction]bool{}, map[*lua.LTable]bool{}, map[*lua.FunctionProto]bool{}}
}

// impure is a place where a predicate writes.
type impure struct {
	name string
	line int
}

func (e *impure) Error() string {
	return fmt.Sprintf("a predicate may not change %s, which outlives the call (line %d)", quote(e.name), e.line)
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
	if fn.IsG { // an iterator counts as it goes
		if !p.lib.natives[fn] {
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
	return nil
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

// proto looks for instructions that write variables of other functions. An
// inner function may not write those of the predicate either: that keeps the
// rule simple, and predicates are one-liners.
func (p *purity) proto(proto *lua.FunctionProto) error {
	if p.seenProtos[proto] {
		return nil
	}
	p.seenProtos[proto] = true
	skip := 0 // pseudo instructions after a closure
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
