package wasmbin

// The weights of instructions that take longer than a plain one, as measured.
const (
	weightFloat  = 2  // arithmetic of floats, loads from the caches
	weightRound  = 4  // floats to whole floats
	weightVector = 4  // most vector instructions: some are sequences of many
	weightSlow   = 8  // conversions to integers, products of lanes
	weightDivide = 16 // divisions and roots, which older processors do even slower
	weightValue  = 2  // of each value that a call passes
)

// weight returns the weight of an instruction, without the work that
// [rewriter.bulkInstruction] charges for.
func (w *rewriter) weight(in *instr) int {
	m, op := w.meter.m, in.op
	switch in.imm {
	case function:
		return callWeight(m.Types[m.Functions[in.a]])
	case typeAndTable:
		return callWeight(m.Types[in.a])
	case label:
		return 1 + w.labels[len(w.labels)-1-int(in.a)].arity
	case labels: // all pass as many values
		return 1 + w.labels[len(w.labels)-1-int(in.labels[0])].arity
	}
	switch {
	case op == opVector:
		return vectorWeight(in.sub)
	case op == opMisc && in.sub <= miscLastConversion, op >= 0xa8 && op <= 0xab, op >= 0xae && op <= 0xb1: // floats to integers
		return weightSlow
	case op >= 0x6d && op <= 0x70, op >= 0x7f && op <= 0x82, op == 0x91, op == 0x95, op == 0x9f, op == 0xa3: // div, rem, sqrt
		return weightDivide
	case op >= 0x8d && op <= 0x90, op >= 0x9b && op <= 0x9e: // ceil, floor, trunc, nearest
		return weightRound
	case op >= 0x28 && op <= 0x35, op == 0x45, op >= 0x8b && op <= 0xa6, op >= 0xb2 && op <= 0xbb: // loads, i32.eqz, floats
		return weightFloat
	}
	return 1
}

func callWeight(t FuncType) int { return 1 + weightValue*(len(t.Params)+len(t.Results)) }

func vectorWeight(sub uint32) int {
	switch {
	case sub == 0xe3, sub == 0xe7, sub == 0xef, sub == 0xf3: // sqrt, div
		return weightDivide
	case sub >= 0xf8, sub == 0xe8, sub == 0xe9, sub == 0xf4, sub == 0xf5, // conversions, min, max
		sub >= 0x9c && sub <= 0x9f, sub >= 0xbc && sub <= 0xbf, sub >= 0xdc && sub <= 0xdf, sub == 0xd5: // products
		return weightSlow
	}
	return weightVector
}
