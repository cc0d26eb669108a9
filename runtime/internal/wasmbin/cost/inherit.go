package cost

// The register allocator hands the values that are live into a loop on to every basic
// block that can only be reached through the beginning of the loop, and also to those
// after its end. A loop among them hands on what it got and its own. So the lists grow
// from loop to loop, although most of the values are dead by then, and a function with
// many loops needs memory for the number of its basic blocks times the values of all
// loops before them.

// noLoop and unknown stand for the number of a loop.
const (
	noLoop  = -1
	unknown = -2
)

// countBlocks counts basic blocks where the current one is.
func (k *walker) countBlocks(n int) {
	k.work[blocks] += float64(n)
	if k.header >= 0 {
		k.loops[k.header].blocks += n
	}
}

// commonHeader returns the last loop that both all paths to a and all to b have passed.
func (k *walker) commonHeader(a, b int) int {
	if a == unknown {
		return b
	}
	for a != b {
		if a > b {
			a = k.loops[a].before
		} else {
			b = k.loops[b].before
		}
	}
	return a
}

// beginHeader adds a loop that begins here.
func (k *walker) beginHeader(params int) {
	l := loop{params: params, before: k.header, began: k.locals.clock, stack: k.stack}
	if k.header == noLoop {
		l.fresh = k.locals.params + k.locals.setSince(0)
	} else {
		before := &k.loops[k.header]
		l.fresh, l.within = k.locals.setSince(before.began), before.paths == 0
	}
	k.loops = append(k.loops, l)
}

// inherit counts what loops hand on. A value that is live into a loop, but not into the
// loop before, is younger than the beginning of that one: it is a local that was set
// since then, or that the loop before merges because it sets it later, or a value on the
// stack.
func (k *walker) inherit() {
	handed := k.handed[:0]
	for i := range k.loops {
		l := &k.loops[i]
		n, before := l.fresh, 0
		if l.before != noLoop {
			before = handed[l.before]
			if l.within {
				n = k.loops[l.before].set
			}
		}
		handed = append(handed, before+n+l.stack+3)
		k.work[inherited] += float64(handed[i]) * float64(l.blocks)
	}
	k.handed = handed
}
