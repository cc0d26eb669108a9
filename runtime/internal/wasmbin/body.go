package wasmbin

// frame is an open block of the function that is being read.
type frame struct {
	op      byte
	hasElse bool
}

type bodyChecker struct {
	*checker
	index  int // of the function
	frames []frame
	locals uint64 // parameters and declared locals
}

// walk reads the whole body, checks every instruction and passes it to each.
func (b *bodyChecker) walk(d *decoder, each func(*instr)) *Error {
	m := b.m
	body := &m.Bodies[b.index-m.ImportedFunctions()]
	t := m.Types[m.Functions[b.index]]
	b.locals = uint64(len(t.Params)) + body.Locals
	b.frames = append(b.frames, frame{})
	d.start(m, body.Code)
	var in instr
	for d.next(&in) {
		if len(b.frames) == 0 {
			return refuse(Malformed, in.at, "function %d continues after its end", b.index)
		}
		if err := b.instruction(&in); err != nil {
			return err
		}
		each(&in)
	}
	if d.r.err != nil {
		return d.r.err
	}
	if len(b.frames) != 0 {
		return refuse(Malformed, body.Code.End, "function %d does not end %d of its blocks", b.index, len(b.frames))
	}
	return nil
}

func (b *bodyChecker) instruction(in *instr) *Error {
	switch in.imm {
	case blockType:
		return b.open(in)
	case label:
		return b.label(in, in.a)
	case labels:
		return b.branches(in)
	case local:
		return b.index64(in, in.a, b.locals, "local")
	case none:
		switch in.op {
		case opElse:
			return b.elseOf(in)
		case opEnd:
			b.frames = b.frames[:len(b.frames)-1]
		}
		return nil
	}
	return b.references(in)
}

func (b *bodyChecker) index64(in *instr, index, have uint64, what string) *Error {
	if index >= have {
		return refuse(BadIndex, in.at, "function %d refers to %s %d, but there are %d", b.index, what, index, have)
	}
	return nil
}

// references checks the indices that refer to something outside of the function.
func (b *bodyChecker) references(in *instr) *Error {
	m := b.m
	switch in.imm {
	case function:
		return b.index64(in, in.a, uint64(len(m.Functions)), "function")
	case global:
		return b.index64(in, in.a, uint64(len(m.Globals)), "global")
	case typeAndTable:
		if err := b.index64(in, in.a, uint64(len(m.Types)), "type"); err != nil {
			return err
		}
		return b.table(in, in.b)
	case table:
		if in.op == opMisc && in.sub == miscTableGrow {
			b.grown[in.a] = true
		}
		return b.table(in, in.a)
	case twoTables:
		if err := b.table(in, in.a); err != nil {
			return err
		}
		return b.table(in, in.b)
	case elemAndTable:
		if err := b.index64(in, in.a, uint64(len(m.Elements)), "element segment"); err != nil {
			return err
		}
		return b.table(in, in.b)
	case elemIndex:
		return b.index64(in, in.a, uint64(len(m.Elements)), "element segment")
	case dataIndex, dataAndZero:
		if !m.hasDataCount {
			return refuse(Malformed, in.at, "function %d refers to a data segment, but the module has no data count", b.index)
		}
		if err := b.index64(in, in.a, uint64(len(m.Data)), "data segment"); err != nil || in.imm == dataIndex {
			return err
		}
		return b.needsMemory(in)
	case memArg, memArgLane, zero, twoZeros:
		return b.needsMemory(in)
	}
	return nil
}

func (b *bodyChecker) table(in *instr, index uint64) *Error {
	return b.index64(in, index, uint64(len(b.m.Tables)), "table")
}

func (b *bodyChecker) needsMemory(in *instr) *Error {
	return b.index64(in, 0, uint64(len(b.m.Memories)), "memory")
}

func (b *bodyChecker) open(in *instr) *Error {
	if len(b.frames) > b.l.Nesting {
		return refuse(TooComplex, in.at, "function %d nests blocks deeper than %d", b.index, b.l.Nesting)
	}
	if in.block.indexed {
		if err := b.index64(in, uint64(in.block.index), uint64(len(b.m.Types)), "type"); err != nil {
			return err
		}
	}
	b.frames = append(b.frames, frame{op: in.op})
	return nil
}

func (b *bodyChecker) elseOf(in *instr) *Error {
	f := &b.frames[len(b.frames)-1]
	if f.op != opIf || f.hasElse {
		return refuse(Malformed, in.at, "function %d has an else without an if", b.index)
	}
	f.hasElse = true
	return nil
}

func (b *bodyChecker) label(in *instr, depth uint64) *Error {
	return b.index64(in, depth, uint64(len(b.frames)), "label")
}

func (b *bodyChecker) branches(in *instr) *Error {
	if len(in.labels) > b.l.BranchTable {
		return refuse(TooComplex, in.at, "a br_table of function %d has %d labels, at most %d are accepted", b.index, len(in.labels), b.l.BranchTable)
	}
	if b.checker.labels += len(in.labels); b.checker.labels > b.l.Labels {
		return refuse(TooComplex, in.at, "the br_tables have more than %d labels", b.l.Labels)
	}
	for _, depth := range in.labels {
		if err := b.label(in, uint64(depth)); err != nil {
			return err
		}
	}
	return nil
}
