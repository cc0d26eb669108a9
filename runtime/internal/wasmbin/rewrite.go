package wasmbin

// rewriter writes function bodies with charges in them, one body at a time.
//
// It tracks spent, the largest number of instructions that any path to the current
// place has run since its last charge, and charges before spent would exceed
// Stretch. Between two passes through a loop header, code only goes forward, so one
// walk sees every path: a branch passes its spent to its label, and the code after
// the label continues with the largest.
type rewriter struct {
	meter   *meter
	checker *checker
	d       decoder
	frames  []frame // reused
	labels  []flow
	out     []byte // reused

	spent int
	extra uint32 // index of the first added local: an i64
	bulk  bool   // the second added local, an i32, is used
}

// flow is what is known about an open block.
type flow struct {
	op    byte
	entry int // spent at the if
	label int // the largest spent of a branch to the end
}

// body returns the new body of a defined function, valid until the next call.
func (w *rewriter) body(i int) ([]byte, *Error) {
	m := w.meter.m
	body := &m.Bodies[i]
	b := bodyChecker{checker: w.checker, index: i + m.ImportedFunctions(), frames: w.frames[:0]}
	params := len(m.Types[m.Functions[b.index]].Params)
	if body.Locals+uint64(params) > maxLocals/2 {
		return nil, refuse(TooMany, body.runs.Start, "function %d has %d locals", b.index, body.Locals)
	}
	w.extra, w.bulk, w.spent = uint32(params)+uint32(body.Locals), false, 0
	w.labels = append(w.labels[:0], flow{})
	w.out = w.charge(w.out[:0])
	if err := b.walk(&w.d, w.instruction); err != nil {
		return nil, err
	}
	w.frames = b.frames
	return w.withLocals(body), nil
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
	if w.spent >= Stretch && in.op != opElse && in.op != opEnd {
		w.out = w.charge(w.out)
		w.spent = 0
	}
	switch in.imm {
	case function:
		in.a = uint64(w.meter.remap(uint32(in.a)))
	case label:
		w.branch(uint32(in.a))
	case labels:
		for _, depth := range in.labels {
			w.branch(depth)
		}
	case blockType:
		w.open(in)
		return
	}
	if in.op == opTableSet {
		w.meter.result.MutableTables = true
	}
	if in.op == opMisc {
		w.bulkInstruction(in)
	}
	w.out = appendInstr(w.out, in)
	w.spent++
	switch in.op {
	case opElse:
		w.elseOf()
	case opEnd:
		w.end()
	case opBr, opBrTable, opReturn, opUnreachable:
		w.spent = 0 // the code up to the next label is unreachable
	}
}

func (w *rewriter) open(in *instr) {
	w.out = appendInstr(w.out, in)
	w.spent++
	w.labels = append(w.labels, flow{op: in.op, entry: w.spent})
	if in.op == opLoop {
		w.out = w.charge(w.out)
		w.spent = 0
	}
}

func (w *rewriter) branch(depth uint32) {
	f := &w.labels[len(w.labels)-1-int(depth)]
	f.label = max(f.label, w.spent+1)
}

func (w *rewriter) elseOf() {
	f := &w.labels[len(w.labels)-1]
	f.label = max(f.label, w.spent)
	w.spent = f.entry
	f.op = opElse
}

func (w *rewriter) end() {
	f := w.labels[len(w.labels)-1]
	w.labels = w.labels[:len(w.labels)-1]
	switch f.op {
	case opLoop:
		return
	case opIf:
		w.spent = max(w.spent, f.entry)
	}
	w.spent = max(w.spent, f.label)
}

// charge appends code that charges one unit.
func (w *rewriter) charge(b []byte) []byte {
	b = appendU32(append(b, opGlobalGet), w.meter.fuel)
	b = append(b, opI64Const, 1)
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

// bulkInstruction notes whether an instruction with the prefix 0xfc changes state
// that a host cannot restore, and charges those whose work grows with the length on
// top of the stack.
func (w *rewriter) bulkInstruction(in *instr) {
	r := &w.meter.result
	bits := byte(bulkElementBits)
	switch in.sub {
	case miscMemoryInit, miscMemoryCopy, miscMemoryFill:
		bits = bulkByteBits
	case miscTableInit, miscTableCopy, miscTableGrow, miscTableFill:
		r.MutableTables = true
	case miscElemDrop:
		r.DropsSegments, r.MutableTables = true, true
		return
	case miscDataDrop:
		r.DropsSegments = true
		return
	default:
		return
	}
	w.bulk = true
	length := w.extra + 1
	w.out = appendU32(append(w.out, opLocalTee), length)
	w.out = appendU32(append(w.out, opGlobalGet), w.meter.fuel)
	w.out = appendU32(append(w.out, opLocalGet), length)
	w.out = append(w.out, opI64ExtendU, opI64Const, bits, opI64ShrU)
	w.out = w.subtract(w.out)
}
