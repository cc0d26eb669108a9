package wasmbin

// stackEffect returns by how many values an instruction changes the height of the
// operand stack. It is exact except for some vector instructions, which count as
// popping nothing; the end of a block corrects that. It only serves to estimate
// complexity: the engine checks the types.
func (b *bodyChecker) stackEffect(in *instr) int {
	m := b.m
	switch in.imm {
	case i32, i64, f32, f64, global, local:
		return variable(in.op)
	case reference:
		return 1
	case function:
		t := m.Types[m.Functions[in.a]]
		return len(t.Results) - len(t.Params)
	case typeAndTable:
		t := m.Types[in.a]
		return len(t.Results) - len(t.Params) - 1
	case memArg:
		if in.op >= 0x36 && in.op <= 0x3e || in.op == opVector && in.sub == 0x0b {
			return -2
		}
		return 0
	case zero, table, dataAndZero, elemAndTable, twoZeros, twoTables:
		return memoryOrTable(in)
	case sixteen:
		if in.sub == vecConst {
			return 1
		}
		return -1
	case types:
		return -2
	case none:
		return numeric(in)
	}
	return 0
}

// variable is the effect of constants and variables; only setting pops a value.
func variable(op byte) int {
	switch op {
	case opLocalSet, opGlobalSet:
		return -1
	case opLocalTee:
		return 0
	}
	return 1
}

func memoryOrTable(in *instr) int {
	switch {
	case in.op == 0x3f || in.op == opMisc && in.sub == 0x10: // the sizes
		return 1
	case in.op == opTableSet:
		return -2
	case in.op == opMemoryGrow || in.op == 0x25:
		return 0
	case in.sub == miscTableGrow:
		return -1
	}
	return -3
}

func numeric(in *instr) int {
	switch op := in.op; {
	case op == 0x1a: // drop
		return -1
	case op == 0x1b: // select
		return -2
	case op == 0x45 || op == 0x50: // eqz
		return 0
	case op >= 0x46 && op <= 0x66: // comparisons
		return -1
	case op >= 0x6a && op <= 0x78, op >= 0x7c && op <= 0x8a, op >= 0x92 && op <= 0x98, op >= 0xa0 && op <= 0xa6:
		return -1
	}
	return 0
}
