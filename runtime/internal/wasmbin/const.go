package wasmbin

// constExpr is a constant expression: one instruction, without the end after it.
type constExpr struct {
	op    byte
	index uint32 // of global.get and ref.func
	imm   []byte // the immediate of any other instruction, as it is in the module
}

// constExpr reads a constant expression. Longer ones (extended constants) are not
// accepted.
func (m *Module) constExpr(r *reader) (e constExpr) {
	e.op = r.byte("a constant expression")
	start := r.pos
	switch e.op {
	case opI32Const:
		r.signed(32, "a constant")
	case opI64Const:
		r.signed(64, "a constant")
	case opF32Const:
		r.fixed32("a constant")
	case opF64Const:
		r.fixed64("a constant")
	case opGlobalGet:
		e.index = r.u32("a constant's global")
		if r.err == nil && int64(e.index) >= int64(len(m.Globals)) {
			r.fail(BadIndex, "a constant refers to global %d, but there are %d", e.index, len(m.Globals))
		}
	case opRefNull:
		r.refType()
	case opRefFunc:
		e.index = m.funcIndex(r, "a constant")
	case opVector:
		if sub := r.u32("a vector opcode"); r.err == nil && sub != vecConst {
			r.fail(Malformed, "vector instruction %#x is not constant", sub)
		}
		r.take(16, "a constant")
	default:
		if r.err == nil {
			r.pos--
			r.fail(Malformed, "instruction %#x is not constant", e.op)
		}
	}
	if r.err != nil {
		return e
	}
	e.imm = r.b[start:r.pos:r.pos]
	switch c := r.byte("a constant expression"); {
	case r.err != nil || c == opEnd:
	case c >= 0x6a && c <= 0x6c || c >= 0x7c && c <= 0x7e || c >= 0x41 && c <= 0x44 || c == opGlobalGet:
		r.pos--
		r.fail(RefusedFeature, "extended constant expressions are not accepted")
	default:
		r.pos--
		r.fail(Malformed, "a constant expression does not end with end")
	}
	return e
}
