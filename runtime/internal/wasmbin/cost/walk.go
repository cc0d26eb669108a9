package cost

// walker goes through one function. It follows what the compiler does: where basic
// blocks begin, which of them the search for the value of a local passes, and which
// values are merged where paths join.
type walker struct {
	model  *Model
	work   work
	b      reader
	locals locals
	frames []frame
	loops  []loop
	looked []int32 // per loop, and one more: changes of the number of locals that its header merges
	joins  []join  // labels with a loop within
	handed []int   // per loop, the values that it hands on

	stack    int
	dead     bool // the current place cannot be reached
	deadDeep int  // blocks that began there

	block   int32   // number of the current basic block
	depth   int     // in the dominator tree, at most
	bounds  int     // addresses that are known to be safe, at most
	chain   int     // basic blocks since paths last joined
	fresh   int     // globals and addresses used since then
	passed  float64 // blocks that a search from here to the entry passes
	joined  int     // where paths joined
	inLoops int     // loops that are open
	outer   int32   // the basic block that began the outermost of them
	header  int     // the last loop whose beginning every path to here has passed; noLoop if there is none
	height  int     // the largest of a frame
	copies  int     // locals that got a value of before within a loop
	carried int     // parameters of loops
	plain   bool    // the instruction before computed a new value
	simple  float64 // squares of the values that labels without loops merge, times the paths
	defined int     // the largest number of definitions in one basic block
	defines int     // definitions in the current one
	escaped bool    // a private local was used outside of its basic block
}

// frame is an open block of the function.
type frame struct {
	op              byte
	params, results int
	base            int   // height of the stack below the block
	loops           int   // loops that began before it
	began           int32 // the time when it began
	height          int   // nesting of loops within it, and of blocks that hold loops

	depth, bounds, chain, header int // at an if, for its else
	then                         int // paths from the first arm of an if with an else

	paths                               int // that lead to its label
	leastDepth, leastBounds, mostChains int // over them
	chains                              int // basic blocks since a join, summed over them
	common                              int // the last loop that all of them have passed; unknown before the first
}

// loop is a loop that began.
type loop struct {
	params, paths, set, height int

	before int   // the last loop that every path to this one has passed, or noLoop
	within bool  // that loop is open where this one begins
	began  int32 // the time when it began
	fresh  int   // locals that were set since the loop before began
	stack  int   // values on the stack
	blocks int   // basic blocks of which it is the last loop that every path has passed
}

// join is a label with several paths to it and a loop within.
type join struct{ loop, results, paths, set, height int }

func (k *walker) reset(b Body) {
	t := k.model.module.Types[b.Type]
	*k = walker{
		model: k.model, locals: k.locals,
		frames: k.frames[:0], loops: k.loops[:0], looked: append(k.looked[:0], 0), joins: k.joins[:0], handed: k.handed, header: noLoop,
	}
	n := t.Params + int(b.Locals)
	k.locals.reset(n, n-b.Private, t.Params)
	k.frames = append(k.frames, frame{results: t.Results, leastDepth: unbounded, leastBounds: unbounded, common: unknown})
	k.work[code] = 14 + float64(t.Params+t.Results) + float64(b.Locals)/8
	k.work[moves] = float64(t.Params + t.Results)
	k.work[blocks] = 1
}

// run walks the code, from where it was before. It reports false if it stopped, because
// the limits of the model are exceeded.
func (k *walker) run(code []byte) bool {
	k.b.b = code
	for n := 1; k.b.at < len(code) && len(k.frames) > 0; n++ {
		if n%4096 == 0 && k.over() {
			return false
		}
		k.instruction()
	}
	return !k.over()
}

func (k *walker) over() bool {
	s, l := k.work.seconds(), k.model.stop
	return l.Function > 0 && s > l.Function || l.Seconds > 0 && s > l.Seconds || l.MiB > 0 && k.work.bytes() > l.MiB*(1<<20)
}

func (k *walker) instruction() {
	op := k.b.byte()
	var o *operation
	switch op {
	case opMisc:
		o = &miscOperations[k.b.number()&255]
	case opVector:
		o = &vectorOperations[k.b.number()&255]
	default:
		o = &operations[op]
	}
	if o.immediate == special {
		k.special(op, o)
		return
	}
	k.b.skip(o.immediate)
	k.work[checking] += float64(1 + o.pops + o.pushes)
	if k.dead {
		k.work[skipped]++
		return
	}
	k.work[code] += float64(o.weight)
	k.adjust(int(o.pushes - o.pops))
	k.plain = o.class&passes == 0
	if o.class&shared != 0 {
		k.work[lookup] += chainWeight * float64(2*k.chain)
		k.fresh++
		if o.immediate != number {
			k.bounds++
		}
	}
	if o.class&leaves != 0 {
		k.leave()
		if o.weight >= 30 { // the compiler compares lengths with bounds
			k.countBlocks(2)
			k.bounds++
		}
	}
}

// adjust changes the height of the stack. It never falls below the innermost block.
func (k *walker) adjust(by int) {
	k.stack = max(k.stack+by, k.frames[len(k.frames)-1].base)
}

// leave notes that memory and globals are loaded again.
func (k *walker) leave() {
	k.work[reload] += float64(k.model.module.Mutable)
	k.work[bounds] += float64(k.bounds) / 8
}

func (k *walker) special(op byte, o *operation) {
	switch op {
	case opBlock, opLoop, opIf:
		k.open(op, k.b.signature(k.model.module.Types))
	case opElse:
		k.elseOf()
	case opEnd:
		k.end()
	case opBr, opBrIf:
		k.branch(op, int(k.b.number()))
	case opBrTable:
		k.branchTable()
	case opCall:
		f := k.b.number()
		if m := &k.model.module; f < uint64(len(m.Functions)-m.Defined) && !k.dead {
			k.work[imports] += float64(f)
		}
		k.call(k.model.module.Functions[f], 0)
	case opCallIndirect:
		t := k.b.number()
		k.b.number()
		k.call(uint32(t), 1)
	case opSelectTypes:
		for n := k.b.number(); n > 0; n-- {
			k.b.byte()
		}
		k.work[checking] += 4
		k.adjust(-2)
		k.plain = true
	case opLocalGet, opLocalSet, opLocalTee:
		k.local(op, int32(k.b.number()))
		return
	case opReturn, opUnreachable:
		k.stop()
	}
	if !k.dead || op == opReturn {
		k.work[code] += float64(o.weight)
	}
	if k.dead {
		k.work[skipped]++
	}
	k.work[checking]++
}

func (k *walker) call(typ uint32, pops int) {
	t := k.model.module.Types[typ]
	n := float64(t.Params + t.Results)
	k.work[checking] += n
	if k.dead {
		return
	}
	k.work[moves] += n
	k.adjust(-t.Params - pops)
	k.stack += t.Results
	k.leave()
	k.plain = t.Results <= 1
}

// stop notes that the code up to the next label cannot be reached.
func (k *walker) stop() {
	if !k.dead {
		k.dead, k.deadDeep = true, 0
		k.stack = k.frames[len(k.frames)-1].base
	}
}

// begin begins a basic block, with so many paths to it.
func (k *walker) begin(paths int) {
	k.defined = max(k.defined, k.defines)
	k.defines = 0
	k.block++
	k.countBlocks(1)
	k.work[live] += float64(k.stack + k.locals.seen + k.fresh + 3)
	k.work[bounds] += float64(k.bounds)
	k.work[depth] += float64(paths+1) * float64(k.depth)
	k.plain = false
}

// step begins a basic block that only the current one leads to.
func (k *walker) step() {
	k.chain++
	k.depth++
	k.begin(1)
}

func (k *walker) local(op byte, i int32) {
	k.work[checking] += 2
	if k.dead {
		return
	}
	k.work[code]++
	l := k.locals.at(i)
	if op == opLocalGet {
		k.stack++
		k.get(l, i)
		k.plain = false
		return
	}
	if op == opLocalSet {
		k.adjust(-1)
	}
	k.defines++
	if k.locals.see(l) {
		k.liveBefore()
	}
	l.block = k.block
	if i >= k.locals.private {
		return
	}
	k.locals.set(l, i)
	if k.inLoops > 0 && !k.plain && !l.copied {
		l.copied = true
		k.copies++
	}
}

// liveBefore counts a local that a loop uses first: it is live from the beginning of
// the loop, since it may carry a value from one round to the next.
func (k *walker) liveBefore() {
	if k.inLoops > 0 {
		k.work[live] += float64(k.block - k.outer)
	}
}

func (k *walker) get(l *local, i int32) {
	if l.block == k.block {
		k.work[lookup] += chainWeight
		return
	}
	if i >= k.locals.private {
		k.escaped = true
	}
	if k.locals.see(l) {
		k.liveBefore()
	}
	k.defines++
	k.work[lookup] += k.passed - l.passed + chainWeight*float64(k.chain+1)
	k.work[aliases] += float64(k.joined)
	l.passed = k.passed
	if n := len(k.loops); int(l.loops) < n {
		// The header of each loop that began since then merges the local.
		k.looked[l.loops]++
		k.looked[n]--
		l.loops = int32(n)
	}
	k.locals.look(l, i)
}

// finish counts what is only known at the end of the function. The compiler removes
// merges that turn out to be of one value in rounds: in each it compares, for every
// value that a label merges, all values of all paths. A round only leads to another
// one if a merge depends on one that comes later in the order of the basic blocks.
// Such steps lead into a nested block, or over a local that got its value from another
// one in a loop; so there are no more rounds than those, and two. A merge of a local
// that is not set within the loop depends on nested blocks alone.
func (k *walker) finish() {
	k.inherit()
	rounds, most := float64(3+k.height), 0
	total := int32(0)
	counts := k.looked
	for i := range k.loops {
		total += counts[i]
		counts[i] = total
		most = max(most, int(total)+k.loops[i].params)
	}
	if k.escaped {
		most++
	}
	rounds += float64(min(k.copies+k.carried, most))
	add := func(all, set, paths, height int) {
		k.work[merged] += float64(all) * float64(paths)
		a, s := float64(all), float64(min(all, set))
		k.work[mergeSteps] += float64(paths) * (a*a*float64(1+height) + s*s*rounds)
	}
	for i, l := range k.loops {
		add(int(counts[i])+l.params, l.set+l.params, l.paths, l.height)
	}
	for _, j := range k.joins {
		add(int(counts[j.loop])+j.set+j.results, j.set+j.results, j.paths, j.height)
	}
	if len(k.loops) == 0 {
		rounds = 3
	}
	k.work[mergeSteps] += k.simple * rounds
}
