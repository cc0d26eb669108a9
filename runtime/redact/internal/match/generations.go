package match

// generations are the matchers of an index, the oldest values first. New values
// become a generation of their own, which is built at once: the cost is theirs
// alone, however many there were before. In the background generations that are
// small compared to the younger ones are merged, so that a search has few of them
// to go through.
type generations struct {
	list []generation
	from int // list[from:to] are being merged, if to is not 0
	to   int
	turn int // incremented by compact; a merge from an earlier turn is dropped
}

type generation struct {
	vals    []Value
	matcher *matcher
	young   bool // was not merged
}

const (
	youngSize = 12 // values up to which a young generation is built anew for the next ones
	ratio     = 4  // a generation that has fewer times the values of all younger ones is merged with them
)

// add puts new values into a generation. The caller holds the mutex, as for the
// other methods of Index in this file.
func (x *Index) add(vals []Value) {
	g := &x.generations
	last := len(g.list) - 1
	if last >= g.to && g.list[last].young && len(g.list[last].vals) <= youngSize {
		vals = live(g.list[last].vals, vals)
		g.list = g.list[:last]
	}
	if len(vals) > 0 {
		g.list = append(g.list, generation{vals, newMatcher(x.seed, x.opts, vals), true})
	}
}

// publish makes the generations what readers search, and starts a merge if there
// is something to merge.
func (x *Index) publish() {
	g := &x.generations
	x.set.Store(newSet(g.list, x.opts))
	if from, ok := g.mergeable(); ok && g.to == 0 {
		g.from, g.to = from, len(g.list)
		vals, turn := g.vals(g.list[g.from:g.to]), g.turn
		x.merges.Go(func() {
			merged := generation{vals: vals, matcher: newMatcher(x.seed, x.opts, vals)}
			x.mu.Lock()
			defer x.mu.Unlock()
			if g.turn != turn {
				return
			}
			young := g.list[g.to:]
			g.list = append(append(g.list[:g.from:g.from], merged), young...)
			g.from, g.to = 0, 0
			x.publish()
		})
	}
}

// mergeable returns from where on generations have to be merged.
func (g *generations) mergeable() (from int, ok bool) {
	younger := 0
	from = len(g.list)
	for i := len(g.list) - 1; i >= 0; i-- {
		if younger > youngSize && len(g.list[i].vals) <= ratio*younger {
			from, ok = i, true
		}
		younger += len(g.list[i].vals)
	}
	return from, ok
}

// compact makes one generation of all values.
func (x *Index) compact() {
	g := &x.generations
	vals := g.vals(g.list)
	*g = generations{turn: g.turn + 1}
	if len(vals) > 0 {
		g.list = []generation{{vals: vals, matcher: newMatcher(x.seed, x.opts, vals)}}
	}
	x.publish()
}

func (g *generations) vals(list []generation) []Value {
	var vals [][]Value
	for _, gen := range list {
		vals = append(vals, gen.vals)
	}
	return live(vals...)
}

// live returns the values of all lists that are still searched.
func live(lists ...[]Value) []Value {
	var out []Value
	for _, list := range lists {
		for _, v := range list {
			if v.Live() {
				out = append(out, v)
			}
		}
	}
	return out
}
