package wasmbin

// frame is an open block of the function that is being read.
type frame struct {
	op      byte
	arity   int // values that a branch to its label passes
	hasElse bool
	joined  bool // several paths lead to its end: by a branch, or by both arms of an if
	base    int  // height of the operand stack below the block
	params  int
	results int
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
		if err := b.checkComplexity(); err != nil {
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
	blocks int64  // basic blocks
	chain  int64  // basic blocks since paths last joined
	uses   int64  // instructions that use a local
	walks  int64  // the sum of chain over the uses, and of the stack over the blocks
	labels int64  // labels of all br_tables
	length int64  // instructions
	stack  int    // an upper bound of the values on the operand stack
}

// walk reads the whole body, checks every instruction and passes it to each.
func (b *bodyChecker) walk(d *decoder, each func(*instr)) *Error {
	m := b.m
	body := &m.Bodies[b.index-m.ImportedFunctions()]
	t := m.Types[m.Functions[b.index]]
	b.locals = uint64(len(t.Params)) + body.Locals
	b.frames = append(b.frames, frame{arity: len(t.Results)})
	d.start(m, body.Code)
	var in instr
	for d.next(&in) {
		if len(b.frames) == 0 {
			return refuse(Malformed, in.at, "function %d continues after its end", b.index)
		}
		if err := b.instruction(&in); err != nil {
			return err
		}
		b.trackStack(&in)
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

// Basic blocks that metering adds to a function.
const (
	blocksPerLoop     = 4
	blocksPerFunction = 3
	blocksPerStretch  = 2
)

// checkComplexity refuses functions in which few bytes cause much work for a
// compiler that turns locals into values. Such a compiler searches the definition
// of a used local block by block, recursively; it merges every used local where
// paths join, passes the values on the stack from block to block, and compares
// blocks with those before them to find loops.
func (b *bodyChecker) checkComplexity() *Error {
	b.blocks += blocksPerFunction + b.length/Stretch*blocksPerStretch
	if b.blocks > int64(b.l.Blocks) {
		return refuse(TooComplex, -1, "function %d has %d basic blocks once metered, at most %d are accepted", b.index, b.blocks, b.l.Blocks)
	}
	joins := b.blocks*min(b.uses, int64(b.locals)) + b.walks
	if joins > int64(b.l.Joins) {
		return refuse(TooComplex, -1, "function %d merges %d values over its basic blocks, at most %d are accepted", b.index, joins, b.l.Joins)
	}
	if b.joins += joins; b.joins > int64(b.l.TotalJoins) {
		return refuse(TooComplex, -1, "the functions merge more than %d values over their basic blocks", b.l.TotalJoins)
	}
	if b.paths += b.blocks * (b.blocks + b.labels); b.paths > int64(b.l.Paths) {
		return refuse(TooComplex, -1, "the functions have more than %d pairs of basic blocks", b.l.Paths)
	}
	return nil
}

// count counts basic blocks. Every branch starts one with a single predecessor; a
// loop header, and the end of a block that is branched to, join paths.
func (b *bodyChecker) count(in *instr) {
	b.length++
	switch in.op {
	case opLoop:
		b.blocks, b.chain = b.blocks+blocksPerLoop, 0
	case opEnd:
		b.blocks, b.chain = b.blocks+1, b.chain+1
		if f := &b.frames[len(b.frames)-1]; f.joined {
			b.chain = 0
		}
	case opBlock, opIf, opElse, opBr, opBrIf, opBrTable:
		b.blocks, b.chain = b.blocks+1, b.chain+1
	default:
		return
	}
	b.walks += int64(b.stack)
}

// trackStack updates the height of the stack after a checked instruction. The stack
// is never lower than the base of the innermost block.
func (b *bodyChecker) trackStack(in *instr) {
	f := frame{}
	if len(b.frames) > 0 {
		f = b.frames[len(b.frames)-1]
	}
	switch in.op {
	case opBlock, opLoop, opIf, opEnd: // done where the block starts and ends
		return
	case opElse:
		b.stack = f.base + f.params
		return
	case opBr, opBrTable, opReturn, opUnreachable:
		b.stack = f.base
		return
	case opBrIf:
		b.stack--
	default:
		b.stack += b.stackEffect(in)
	}
	b.stack = max(b.stack, f.base)
}

func (b *bodyChecker) instruction(in *instr) *Error {
	b.count(in)
	switch in.imm {
	case blockType:
		return b.open(in)
	case label:
		_, err := b.labelArity(in, in.a)
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
			f := b.frames[len(b.frames)-1]
			b.frames, b.stack = b.frames[:len(b.frames)-1], f.base+f.results
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
	if in.op == opIf {
		b.stack--
	}
	floor := b.frames[len(b.frames)-1].base
	base := max(b.stack-params, floor)
	b.stack = base + params
	f := frame{op: in.op, arity: results, joined: in.op == opIf, base: base, params: params, results: results}
	if in.op == opLoop {
		f.arity = params
	}
	b.frames = append(b.frames, f)
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

// labelArity returns how many values a branch to the label passes.
func (b *bodyChecker) labelArity(in *instr, depth uint64) (int, *Error) {
	if err := b.index64(in, depth, uint64(len(b.frames)), "label"); err != nil {
		return 0, err
	}
	f := &b.frames[len(b.frames)-1-int(depth)]
	f.joined = true
	return f.arity, nil
}

func (b *bodyChecker) branches(in *instr) *Error {
	if len(in.labels) > b.l.BranchTable {
		return refuse(TooComplex, in.at, "a br_table of function %d has %d labels, at most %d are accepted", b.index, len(in.labels), b.l.BranchTable)
	}
	for _, depth := range in.labels {
		arity, err := b.labelArity(in, uint64(depth))
		if err != nil {
			return err
		}
		b.edges += int64(arity) + 1
	}
	b.labels += int64(len(in.labels))
	if b.edges > int64(b.l.Edges) {
		return refuse(TooComplex, in.at, "the br_tables have more than %d edges", b.l.Edges)
	}
	return nil
}
