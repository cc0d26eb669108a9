package wasmbin

// frame is an open block of the function that is being read.
type frame struct {
	op      byte
	carry   int // values that a branch to its label takes along
	hasElse bool
	joined  bool // a branch leads to its end, or both arms of an if do
}

// bodies reads every function body.
func (c *checker) bodies() *Error {
	c.grown = make(map[uint64]bool)
	var d decoder
	var frames []frame
	for i := range c.m.Bodies {
		b := bodyChecker{checker: c, index: i + c.m.ImportedFunctions(), frames: frames[:0]}
		if err := b.walk(&d, func(*instr) {}); err != nil {
			return err
		}
		if err := b.weigh(); err != nil {
			return err
		}
		frames = b.frames
	}
	return nil
}

type bodyChecker struct {
	*checker
	index  int // of the function
	frames []frame
	locals uint64 // parameters and declared locals
	blocks int64  // places where a basic block starts
	chain  int64  // of them since paths last met
	uses   int64  // instructions that name a local
	walks  int64  // the sum of chain over the uses
}

// walk reads the whole body and hands every instruction on after its check.
func (b *bodyChecker) walk(d *decoder, each func(*instr)) *Error {
	m := b.m
	body := &m.Bodies[b.index-m.ImportedFunctions()]
	t := m.Types[m.Functions[b.index]]
	b.locals = uint64(len(t.Params)) + body.Locals
	b.frames = append(b.frames, frame{carry: len(t.Results)})
	d.start(m, body.Code)
	var in instr
	for d.next(&in) {
		if len(b.frames) == 0 {
			return refuse(Malformed, in.at, "function %d goes on after its end", b.index)
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
		return refuse(Malformed, body.Code.End, "function %d leaves %d blocks open", b.index, len(b.frames))
	}
	return nil
}

// weigh refuses functions in which few bytes make much work for a compiler that
// turns locals into values: it looks for the definition of a used local block by
// block, recursively, and merges every used local wherever paths meet.
func (b *bodyChecker) weigh() *Error {
	if b.blocks > int64(b.l.Blocks) {
		return refuse(TooComplex, -1, "function %d has %d basic blocks, at most %d are accepted", b.index, b.blocks, b.l.Blocks)
	}
	joins := b.blocks*min(b.uses, int64(b.locals)) + b.walks
	if joins > int64(b.l.Joins) {
		return refuse(TooComplex, -1, "function %d costs %d to compile by its blocks and locals, at most %d is accepted", b.index, joins, b.l.Joins)
	}
	if b.joins += joins; b.joins > int64(b.l.TotalJoins) {
		return refuse(TooComplex, -1, "all functions cost more than %d to compile by their blocks and locals", b.l.TotalJoins)
	}
	return nil
}

// count follows the basic blocks: every branch starts one with a single
// predecessor, a loop header and the end of a block that is branched to join paths.
func (b *bodyChecker) count(in *instr) {
	switch in.op {
	case opLoop:
		b.blocks, b.chain = b.blocks+1, 0
	case opEnd:
		b.blocks, b.chain = b.blocks+1, b.chain+1
		if f := &b.frames[len(b.frames)-1]; f.joined {
			b.chain = 0
		}
	case opBlock, opIf, opElse, opBr, opBrIf, opBrTable:
		b.blocks, b.chain = b.blocks+1, b.chain+1
	}
}

func (b *bodyChecker) instruction(in *instr) *Error {
	b.count(in)
	switch in.imm {
	case blockType:
		return b.open(in)
	case label:
		_, err := b.carry(in, in.a)
		return err
	case labels:
		return b.branches(in)
	case local:
		b.uses, b.walks = b.uses+1, b.walks+b.chain
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
		return refuse(BadIndex, in.at, "function %d names %s %d and there are %d", b.index, what, index, have)
	}
	return nil
}

// references checks the indices that point out of the function.
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
			return refuse(Malformed, in.at, "function %d names a data segment and there is no data count", b.index)
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
		return refuse(TooComplex, in.at, "function %d nests its blocks deeper than %d", b.index, b.l.Nesting)
	}
	params, results := 0, 0
	switch {
	case in.block.indexed:
		if err := b.index64(in, uint64(in.block.index), uint64(len(b.m.Types)), "type"); err != nil {
			return err
		}
		t := b.m.Types[in.block.index]
		params, results = len(t.Params), len(t.Results)
	case in.block.byte != noBlock:
		results = 1
	}
	f := frame{op: in.op, carry: results, joined: in.op == opIf}
	if in.op == opLoop {
		f.carry = params
	}
	b.frames = append(b.frames, f)
	return nil
}

func (b *bodyChecker) elseOf(in *instr) *Error {
	f := &b.frames[len(b.frames)-1]
	if f.op != opIf || f.hasElse {
		return refuse(Malformed, in.at, "function %d has an else without its if", b.index)
	}
	f.hasElse = true
	return nil
}

// carry returns how many values a branch to the label takes along.
func (b *bodyChecker) carry(in *instr, depth uint64) (int, *Error) {
	if err := b.index64(in, depth, uint64(len(b.frames)), "label"); err != nil {
		return 0, err
	}
	f := &b.frames[len(b.frames)-1-int(depth)]
	f.joined = true
	return f.carry, nil
}

func (b *bodyChecker) branches(in *instr) *Error {
	if len(in.labels) > b.l.BranchTable {
		return refuse(TooComplex, in.at, "a br_table of function %d has %d labels, at most %d are accepted", b.index, len(in.labels), b.l.BranchTable)
	}
	for _, depth := range in.labels {
		carry, err := b.carry(in, uint64(depth))
		if err != nil {
			return err
		}
		b.edges += int64(carry) + 1
	}
	if b.edges > int64(b.l.Edges) {
		return refuse(TooComplex, in.at, "the br_tables have more than %d edges", b.l.Edges)
	}
	return nil
}
