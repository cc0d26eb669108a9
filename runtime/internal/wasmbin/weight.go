package wasmbin

import "github.com/postern-project/postern/runtime/internal/wasmbin/opcode"

// weightValue is the weight of each value that a call passes.
const weightValue = 2

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
	return opcode.Weight(op, in.sub)
}

func callWeight(t FuncType) int { return 1 + weightValue*(len(t.Params)+len(t.Results)) }
