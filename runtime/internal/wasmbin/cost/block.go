package cost

func (k *walker) open(op byte, t Type) {
	k.work[checking] += float64(t.Params + t.Results)
	if k.dead {
		k.deadDeep++
		return
	}
	if op == opIf {
		k.adjust(-1)
	}
	k.adjust(-t.Params)
	f := frame{
		op: op, params: t.Params, results: t.Results, base: k.stack, loops: len(k.loops), began: k.locals.clock,
		depth: k.depth, bounds: k.bounds, chain: k.chain, header: k.header, leastDepth: unbounded, leastBounds: unbounded, common: unknown,
	}
	k.stack += t.Params
	k.frames = append(k.frames, f)
	switch op {
	case opLoop:
		k.passed += joinWeight
		k.joined++
		k.beginHeader(t.Params)
		k.looked = append(k.looked, 0)
		k.carried += t.Params // each iteration may move them down by one
		k.work[merged] += float64(t.Params)
		if k.inLoops == 0 {
			k.outer = k.block
		}
		k.inLoops++
		k.depth++
		k.chain, k.fresh = 0, 0
		k.begin(2)
		k.header = f.loops
	case opIf:
		k.step()
	}
}

// path records an edge from the current basic block to the label of f.
func (k *walker) path(f *frame, depth, bound, chain int) {
	f.paths++
	f.leastDepth, f.leastBounds, f.mostChains = min(f.leastDepth, depth), min(f.leastBounds, bound), max(f.mostChains, chain)
	f.chains += chain
	f.common = k.commonHeader(f.common, k.header)
	n := f.results
	if f.op == opLoop {
		n = f.params
	}
	k.work[merged] += float64(n)
	k.work[aliases] += float64(n) * float64(k.joined)
	k.work[bounds] += float64(bound)
}

func (k *walker) elseOf() {
	if k.deadDeep > 0 {
		return
	}
	f := &k.frames[len(k.frames)-1]
	if !k.dead {
		k.path(f, k.depth, k.bounds, k.chain)
	}
	f.op, f.then = opElse, f.paths
	k.dead = false
	k.stack = f.base + f.params
	k.depth, k.bounds, k.chain, k.header = f.depth, f.bounds, f.chain, f.header
	k.step()
}

func (k *walker) end() {
	if k.deadDeep > 0 {
		k.deadDeep--
		return
	}
	f := &k.frames[len(k.frames)-1]
	k.stack = f.base + f.results
	if f.op == opLoop {
		k.endLoop(f)
		*f = frame{results: f.results, loops: f.loops, began: f.began, height: f.height + 1, leastDepth: unbounded, leastBounds: unbounded, common: unknown}
	} else if len(k.loops) > f.loops {
		f.height++
	}
	if !k.dead {
		k.path(f, k.depth, k.bounds, k.chain)
	}
	if f.op == opIf {
		k.depth, k.bounds, k.chain, k.header = f.depth, f.bounds, f.chain, f.header
		k.step() // the else
		k.path(f, k.depth, k.bounds, k.chain)
	}
	if f.op == opIf && f.paths > 1 || f.op == opElse && f.then > 0 && f.paths > f.then {
		f.leastDepth = f.depth // both arms lead to the label
	}
	k.dead, k.deadDeep = f.paths == 0, 0
	if !k.dead {
		k.label(f)
	}
	k.height = max(k.height, f.height)
	k.frames = k.frames[:len(k.frames)-1]
	if len(k.frames) > 0 {
		outer := &k.frames[len(k.frames)-1]
		outer.height = max(outer.height, f.height)
	}
}

// label begins the basic block that follows the end of f.
func (k *walker) label(f *frame) {
	k.depth, k.bounds, k.chain, k.header = f.leastDepth+1, f.leastBounds, f.mostChains+1, f.common
	k.work[merged] += float64(f.results)
	if f.paths > 1 {
		k.chain, k.fresh = 0, 0
		k.joined++
		k.passed += joinWeight + pathWeight*float64(f.paths) + chainWeight*float64(f.chains)
		k.work[preds] += float64(f.paths) * float64(f.paths)
		k.merge(f)
	}
	k.begin(f.paths)
}

// merge counts the values that a label merges. In a block without loops, the value of a
// local differs between paths only if the block sets it.
func (k *walker) merge(f *frame) {
	set := k.locals.setSince(f.began)
	if len(k.loops) > f.loops {
		k.joins = append(k.joins, join{loop: f.loops, results: f.results, paths: f.paths, set: set, height: f.height})
		return
	}
	n := float64(set + f.results)
	k.work[merged] += n * float64(f.paths)
	k.simple += n * n * float64(f.paths)
}

// endLoop counts the lookups, along the back edges, of the locals that the loop reads.
func (k *walker) endLoop(f *frame) {
	k.inLoops--
	back := pathWeight*float64(f.paths) + chainWeight*float64(f.chains)
	k.work[preds] += float64(f.paths) * float64(f.paths)
	k.locals.lookedSince(f.began, func(l *local) {
		k.work[lookup] += k.passed - l.passed + back + 1
		l.passed = k.passed + back
	})
	k.passed += back
	l := &k.loops[f.loops]
	l.paths, l.set, l.height = f.paths+1, k.locals.setSince(f.began), f.height+1
}

func (k *walker) branch(op byte, label int) {
	if op == opBrIf {
		k.work[checking]++
	}
	f := &k.frames[len(k.frames)-1-k.live(label)]
	if k.dead {
		return
	}
	if op == opBrIf {
		k.adjust(-1)
	}
	k.path(f, k.depth, k.bounds, k.chain)
	if op == opBr {
		k.stop()
		return
	}
	k.countBlocks(1) // where the edge is split
	k.work[live] += float64(k.stack + k.locals.seen)
	k.work[depth] += float64(k.depth)
	k.step()
}

// live returns the label, or 0 in unreachable code, whose labels are not tracked.
func (k *walker) live(label int) int {
	if k.dead {
		return 0
	}
	return label
}

func (k *walker) branchTable() {
	n := int(k.b.number()) + 1
	k.work[code] += 3 * float64(n)
	k.adjust(-1)
	for range n {
		label := k.live(int(k.b.number()))
		f := &k.frames[len(k.frames)-1-label]
		k.work[checking] += float64(1 + f.results + f.params)
		if k.dead {
			continue
		}
		depth, chain, bound := k.depth, k.chain, k.bounds
		k.step()
		k.path(f, k.depth, bound, k.chain)
		k.depth, k.chain = depth, chain
	}
	k.stop()
}
