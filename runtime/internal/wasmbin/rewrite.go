package wasmbin

import "github.com/postern-project/postern/runtime/internal/wasmbin/parts"

// rewriter writes function bodies with charges in them, one body at a time.
//
// It tracks spent, the largest weight of the instructions that any path to the
// current place has run since its last charge, and charges before spent would exceed
// Stretch. Between two passes through a loop header, code only goes forward, so one
// walk sees every path: a branch passes its spent to its label, and the code after
// the label continues with the largest.
type rewriter struct {
	meter   *meter
	checker *checker
	d       decoder
	frames  []frame // reused
	labels  []flow
	out     []byte        // reused
	most    int           // bytes of out that are accepted, 0 without a limit
	look    func() *Error // called after each piece of out, unless nil
	looked  int           // bytes of out at the last call of look

	spent  int
	header int64  // units of a pass through a loop header
	extra  uint32 // index of the first added local: an i64
	bulk   bool   // the second added local, an i32, is used
}

// flow is what is known about an open block.
type flow struct {
	op    byte
	entry int // spent at the if
	label int // the largest spent of a branch to the end
	sets  int // local.set and local.tee in the block
	arity int // values that a branch to the label passes
	moves int // values that the block leaves
}

// addedLocals is how many locals a function gets at most.
const addedLocals = 2

// piece is how many bytes of out are written between two calls of look.
const piece = 16 << 10

// body returns the new body of a defined function, valid until the next call.
func (w *rewriter) body(i int) ([]byte, *Error) {
	if err := w.code(i); err != nil {
		return nil, err
	}
	return w.withLocals(&w.meter.m.Bodies[i]), nil
}

// code writes the new code of a defined function to out.
func (w *rewriter) code(i int) *Error {
	m := w.meter.m
	body := &m.Bodies[i]
	b := bodyChecker{checker: w.checker, index: i + m.ImportedFunctions(), frames: w.frames[:0]}
	params := len(m.Types[m.Functions[b.index]].Params)
	if body.Locals+uint64(params) > maxLocals/2 {
		return refuse(TooMany, body.runs.Start, "function %d has %d locals", b.index, body.Locals)
	}
	w.extra, w.bulk, w.spent = uint32(params)+uint32(body.Locals), false, 0
	w.header = 1 + int64(w.extra)/localsPerUnit
	results := len(m.Types[m.Functions[b.index]].Results)
	w.labels = append(w.labels[:0], flow{arity: results, moves: results})
	w.out, w.looked = w.charge(w.out[:0], 1), 0
	if err := b.walk(&w.d, w.instruction); err != nil {
		return err
	}
	w.frames = b.frames
	return nil
}

// withLocals returns the new code after the declarations of its locals.
func (w *rewriter) withLocals(body *Body) []byte {
	groups := body.groups + 1
	if w.bulk {
		groups++
	}
	head := appendU32(nil, uint32(groups))
	head = append(head, w.meter.m.bytes[body.runs.Start:body.runs.End]...)
	head = append(head, 1, byte(I64))
	if w.bulk {
		head = append(head, 1, byte(I32))
	}
	return append(head, w.out...)
}

// instruction writes one checked instruction.
func (w *rewriter) instruction(in *instr) {
	w.pay(in)
	switch in.imm {
	case function:
		in.a = uint64(w.meter.remap(uint32(in.a)))
	case label:
		w.branch(uint32(in.a))
	case labels:
		for _, depth := range in.labels {
			w.branch(depth)
		}
	case local:
		if in.op != opLocalGet {
			w.labels[len(w.labels)-1].sets++
		}
	case blockType:
		w.open(in)
		return
	}
	if in.op == opTableSet {
		w.meter.result.MutableTables = true
	}
	if i := parts.Index(w.meter.parts, in.sub, in.a); i >= 0 && in.op == opMisc {
		in.op, in.imm, in.a = opCall, function, uint64(w.meter.slow)+1+uint64(i)
	}
	if in.op == opMisc || in.op == opMemoryGrow {
		w.bulkInstruction(in)
	}
	w.out = appendInstr(w.out, in)
	if w.most > 0 && len(w.out) > w.most {
		w.d.r.err = refuse(TooCostly, in.at, "the code, with what counts its work, would be too long to compile")
	}
	if w.look != nil && len(w.out)-w.looked >= piece && w.d.r.err == nil {
		w.looked = len(w.out)
		w.d.r.err = w.look()
	}
	switch in.op {
	case opElse:
		w.elseOf()
	case opEnd:
		w.end()
	case opBr, opBrTable, opReturn, opUnreachable:
		w.spent = 0 // the code up to the next label is unreachable
	}
}

// pay adds the weight of an instruction to spent. It charges first if spent would
// exceed Stretch.
func (w *rewriter) pay(in *instr) {
	if in.op == opElse || in.op == opEnd {
		w.spent++ // the charge of the next instruction includes it
		return
	}
	weight := w.weight(in)
	if w.spent+weight <= Stretch {
		w.spent += weight
		return
	}
	due := max(w.spent-Stretch, 0) + weight
	units := (due + Stretch - 1) / Stretch
	w.out = w.charge(w.out, int64(units))
	w.spent = due - (units-1)*Stretch
}

func (w *rewriter) open(in *instr) {
	f := flow{op: in.op, entry: w.spent}
	params := 0
	if in.block.indexed {
		t := w.meter.m.Types[in.block.index]
		params, f.moves = len(t.Params), len(t.Results)
	} else if in.block.byte != noBlock {
		f.moves = 1
	}
	f.arity = f.moves
	w.out = appendInstr(w.out, in)
	if in.op == opLoop {
		f.arity = params
		w.out = w.charge(w.out, w.header+int64(params)/localsPerUnit)
		w.spent = 0
	}
	w.labels = append(w.labels, f)
}

func (w *rewriter) branch(depth uint32) {
	f := &w.labels[len(w.labels)-1-int(depth)]
	f.label = max(f.label, w.spent)
}

func (w *rewriter) elseOf() {
	f := &w.labels[len(w.labels)-1]
	f.label = max(f.label, w.spent)
	w.spent = f.entry
	f.op = opElse
}

// end continues after a block with the largest spent of the paths that meet there.
// Where paths meet, the values that the block leaves and the locals that it sets may
// have to be moved.
func (w *rewriter) end() {
	f := w.labels[len(w.labels)-1]
	w.labels = w.labels[:len(w.labels)-1]
	if len(w.labels) > 0 {
		w.labels[len(w.labels)-1].sets += f.sets
	}
	if f.op == opLoop {
		return
	}
	if f.op == opIf {
		f.label = max(f.label, f.entry)
	}
	if w.spent = max(w.spent, f.label); f.label > 0 {
		w.spent += f.moves + min(f.sets, int(w.extra))
	}
}

// charge appends code that charges units.
func (w *rewriter) charge(b []byte, units int64) []byte {
	b = appendU32(append(b, opGlobalGet), w.meter.fuel)
	b = appendS64(append(b, opI64Const), units)
	return w.subtract(b)
}

// subtract appends code that subtracts the amount on the stack from the fuel below
// it, and calls the slow path if the fuel is then negative. The local saves reading
// the global again.
func (w *rewriter) subtract(b []byte) []byte {
	b = append(b, opI64Sub, opLocalTee)
	b = appendU32(b, w.extra)
	b = appendU32(append(b, opGlobalSet), w.meter.fuel)
	b = appendU32(append(b, opLocalGet), w.extra)
	b = append(b, opI64Const, 0, opI64LtS, opIf, noBlock, opCall)
	return append(appendU32(b, w.meter.slow), opEnd)
}

// bulkInstruction notes whether an instruction changes state that a host cannot
// restore, and charges those whose work grows with the length on top of the stack.
func (w *rewriter) bulkInstruction(in *instr) {
	r := &w.meter.result
	shift, bits := byte(opI64ShrU), byte(bulkElementBits)
	switch {
	case in.op == opMemoryGrow:
		shift, bits = opI64Shl, pageUnitBits
	case in.sub == miscMemoryInit || in.sub == miscMemoryCopy || in.sub == miscMemoryFill:
		bits = bulkByteBits
	case in.sub == miscTableInit || in.sub == miscTableCopy || in.sub == miscTableGrow || in.sub == miscTableFill:
		r.MutableTables = true
	case in.sub == miscElemDrop:
		r.DropsSegments, r.MutableTables = true, true
		return
	case in.sub == miscDataDrop:
		r.DropsSegments = true
		return
	default:
		return
	}
	w.bulk = true
	length := w.extra + 1
	w.out = w.chargeLength(appendU32(append(w.out, opLocalTee), length), length, bits, shift)
}

// chargeLength appends code that charges a unit, and the length in a local shifted by bits.
func (w *rewriter) chargeLength(b []byte, length uint32, bits, shift byte) []byte {
	b = appendU32(append(b, opGlobalGet), w.meter.fuel)
	b = append(b, opI64Const, 1, opI64Sub)
	b = appendU32(append(b, opLocalGet), length)
	return w.subtract(append(b, opI64ExtendU, opI64Const, bits, shift))
}
