package cost

// Height returns by how much an instruction changes the height of the stack. Known is
// false for those that depend on their immediates.
func Height(prefix, op byte) (by int, known bool) {
	o := operations[op]
	switch prefix {
	case opMisc:
		o = miscOperations[op]
	case opVector:
		o = vectorOperations[op]
	}
	return int(o.pushes - o.pops), o.immediate != special
}

// Pops returns how many operands an instruction takes.
func Pops(prefix, op byte) int {
	switch prefix {
	case opMisc:
		return int(miscOperations[op].pops)
	case opVector:
		return int(vectorOperations[op].pops)
	}
	return int(operations[op].pops)
}

// Skip returns how many bytes follow the opcode of an instruction in code.
func Skip(prefix, op byte, code []byte) int {
	o := operations[op]
	switch prefix {
	case opMisc:
		o = miscOperations[op]
	case opVector:
		o = vectorOperations[op]
	}
	r := reader{b: code}
	r.skip(o.immediate)
	return r.at
}
