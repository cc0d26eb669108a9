package purity

import (
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// A predicate changes nothing, so the variables that it captures, and their tables,
// are the same in each call. Reading one that is nil, or a member that is not there,
// is a mistake that would make a comparison constant.

// reads is one function with what its captured variables hold; nil means unknown.
type reads struct {
	hint  func(string, []string) string
	proto *lua.FunctionProto
	held  []lua.LValue
}

// absent looks for captured values that are nil in fn and its inner functions.
func (p *Checker) absent(fn *lua.LFunction) error {
	r := reads{hint: p.config.Hint, proto: fn.Proto}
	for _, up := range fn.Upvalues {
		r.held = append(r.held, up.Value())
	}
	return r.check()
}

func (r reads) check() error {
	code := r.proto.Code
	for pc := 0; pc < len(code); pc++ {
		switch opOf(code[pc]) {
		case lua.OP_CLOSURE:
			inner := r.proto.FunctionPrototypes[code[pc]&0x3ffff]
			n := int(inner.NumUpvalues)
			if err := r.inner(inner, code[pc+1:pc+1+n]).check(); err != nil {
				return err
			}
			pc += n
		case lua.OP_GETUPVAL:
			var err error
			if pc, err = r.path(pc); err != nil {
				return err
			}
		}
	}
	return nil
}

// inner returns an inner function; captures are the instructions that tell what it
// captures.
func (r reads) inner(proto *lua.FunctionProto, captures []uint32) reads {
	in := reads{hint: r.hint, proto: proto}
	for _, inst := range captures {
		var v lua.LValue
		if b := argB(inst); opOf(inst) == lua.OP_GETUPVAL && b < len(r.held) {
			v = r.held[b]
		}
		in.held = append(in.held, v)
	}
	return in
}

// path follows the constant members that are read from the variable that is loaded at
// pc, and returns the last instruction that belongs to it.
func (r reads) path(pc int) (last int, err error) {
	code := r.proto.Code
	register, b := argA(code[pc]), argB(code[pc])
	if b >= len(r.held) || r.held[b] == nil || b >= len(r.proto.DbgUpvalues) {
		return pc, nil
	}
	v, name, parent := r.held[b], r.proto.DbgUpvalues[b], ""
	var table *lua.LTable
	for pc+1 < len(code) {
		t, ok := v.(*lua.LTable)
		key, member := r.member(code[pc+1], register)
		if !ok || !member || t.Metatable != lua.LNil {
			break
		}
		pc++
		register = argA(code[pc])
		v, table, parent, name = t.RawGet(key), t, name, key.String()
	}
	if v != lua.LNil || r.handled(pc, register) {
		return pc, nil
	}
	e := &Error{File: r.proto.SourceName, Line: r.proto.DbgSourcePositions[pc]}
	if table == nil {
		e.Msg = fmt.Sprintf("%.64s is nil", name)
	} else {
		e.Msg, e.Hint = fmt.Sprintf("%.64s has no member %.64q", parent, name), r.hint(name, names(table))
	}
	return pc, e
}

// member returns the constant name or number that an instruction reads from a register.
func (r reads) member(inst uint32, register int) (key lua.LValue, ok bool) {
	if op := opOf(inst); op != lua.OP_GETTABLE && op != lua.OP_GETTABLEKS || argB(inst) != register {
		return nil, false
	}
	return r.constant(argC(inst))
}

// constant returns the constant of an argument that is one.
func (r reads) constant(arg int) (v lua.LValue, ok bool) {
	const isConstant = 1 << 8
	if i := arg &^ isConstant; arg&isConstant != 0 && i < len(r.proto.Constants) {
		return r.proto.Constants[i], true
	}
	return nil, false
}

// handled reports whether the code tests the value that the instruction at pc puts
// into a register: with and, or, not, if or a comparison with nil.
func (r reads) handled(pc, register int) bool {
	code := r.proto.Code[pc+1:]
	if len(code) > 0 && opOf(code[0]) == lua.OP_LOADNIL {
		code = code[1:] // for the comparison
	}
	if len(code) == 0 {
		return false
	}
	inst := code[0]
	switch opOf(inst) {
	case lua.OP_TEST:
		return argA(inst) == register
	case lua.OP_TESTSET, lua.OP_NOT:
		return argB(inst) == register
	case lua.OP_EQ:
		return r.comparesNil(inst, pc)
	}
	return false
}

// comparesNil reports whether a comparison has nil on one side.
func (r reads) comparesNil(inst uint32, pc int) bool {
	for _, arg := range [2]int{argB(inst), argC(inst)} {
		if v, ok := r.constant(arg); ok && v == lua.LNil {
			return true
		}
		for _, before := range r.proto.Code[max(0, pc-2) : pc+2] {
			if opOf(before) == lua.OP_LOADNIL && argA(before) == arg {
				return true
			}
		}
	}
	return false
}

func opOf(inst uint32) int { return int(inst >> 26) }
func argA(inst uint32) int { return int(inst >> 18 & 0xff) }
func argB(inst uint32) int { return int(inst & 0x1ff) }
func argC(inst uint32) int { return int(inst >> 9 & 0x1ff) }

// names returns the sorted names of the members of a table.
func names(t *lua.LTable) []string {
	var out []string
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		out = append(out, k.String())
	}
	slices.Sort(out)
	return out
}
