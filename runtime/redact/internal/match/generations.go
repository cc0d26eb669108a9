package match

import "slices"

// generations are the matchers of an index, the oldest values first. New values
// become a generation of their own, which is built at once: the cost is theirs
// alone, however many there were before. In the background generations that are
// small compared to the younger ones are merged, so that a search has few of them
// to go through. A generation whose values are all gone is dropped, and one of which
// most patterns are those of such values is built anew.
type generations struct {
	list []generation
	from int // list[from:to] are being merged, if to is not 0
	to   int
	turn int // incremented by compact; a merge from an earlier turn is dropped
}

type generation struct {
	vals    []Value
	matcher *matcher
	text    int  // bytes of its patterns when it was built
	gone    int  // patterns of values that are not live, when shed looked
	young   bool // was not merged
}

const (
	youngSize = 12          // values up to which a young generation is built anew for the next ones
	youngText = 1 << 20     // ... and bytes of their patterns
	ratio     = 4           // a generation that has fewer times the values, or the patterns, of all younger ones is merged with them
	muchText  = maxText / 8 // bytes of patterns from which on values are merged, however few they are
	muchGone  = 1 << 12     // patterns of values that are gone from which on they are looked at
)

// add puts new values into a generation. The caller holds the mutex, as for the
// other methods of Index in this file.
func (x *Index) add(vals []Value) {
	g := &x.generations
	last := len(g.list) - 1
	if last >= g.to && g.list[last].young && len(g.list[last].vals) <= youngSize && g.list[last].text <= youngText {
		vals = live(g.list[last].vals, vals)
		g.list = g.list[:last]
	}
	g.list = append(g.list, x.build(vals)...)
}

// build makes generations of values: one, unless their patterns take too much memory.
func (x *Index) build(vals []Value) (list []generation) {
	for len(vals) > 0 {
		var next generation
		next, vals, _ = newMatcher(x.seed, x.opts, vals, nil)
		list = append(list, next)
	}
	return list
}

// shed drops the generations whose values are all gone, and counts what is gone of the
// others. It leaves those alone that are being merged.
func (x *Index) shed() {
	g := &x.generations
	var kept []generation
	from, to := g.from, g.to
	for i, gen := range g.list {
		if i < from || i >= to {
			if gen.gone = gen.matcher.gone(); gen.gone == len(gen.matcher.pats) {
				if i < from {
					g.from, g.to = g.from-1, g.to-1
				}
				continue
			}
		}
		kept = append(kept, gen)
	}
	g.list = kept
}

// publish makes the generations what readers search, and starts a merge if there
// is something to merge.
func (x *Index) publish() {
	g := &x.generations
	x.set.Store(newSet(g.list, x.opts))
	if from, to := g.mergeable(); from < to && g.to == 0 {
		g.from, g.to = from, to
		vals, turn := g.vals(g.list[g.from:g.to]), g.turn
		x.merges.Go(func() {
			merged := grown(x.build(vals))
			x.mu.Lock()
			defer x.mu.Unlock()
			if g.turn != turn {
				return
			}
			young := g.list[g.to:]
			g.list = append(append(g.list[:g.from:g.from], merged...), young...)
			g.from, g.to = 0, 0
			x.shed() // values may have gone meanwhile
			x.publish()
		})
	}
}

// grown returns generations that were merged.
func grown(list []generation) []generation {
	for i := range list {
		list[i].young = false
	}
	return list
}

// mergeable returns which generations have to be merged, as far as the patterns of all fit
// into one: list[from:to].
func (g *generations) mergeable() (from, to int) {
	if i := slices.IndexFunc(g.list, generation.mostlyGone); i >= 0 {
		return i, i + 1
	}
	younger, text := 0, 0
	from, to = len(g.list), len(g.list)
	for i := len(g.list) - 1; i >= 0; i-- {
		gen := g.list[i]
		if text+gen.text >= maxText {
			break
		}
		if younger > youngSize && len(gen.vals) <= ratio*younger || text > muchText && gen.text <= ratio*text {
			from = i
		}
		younger += len(gen.vals)
		text += gen.text
	}
	return from, to
}

// mostlyGone reports whether most patterns are those of values that are gone.
func (gen generation) mostlyGone() bool {
	return gen.gone > muchGone && gen.gone > len(gen.matcher.pats)/2
}

// compact makes as few generations of all values as their patterns fit into.
func (x *Index) compact() {
	g := &x.generations
	vals := g.vals(g.list)
	*g = generations{turn: g.turn + 1}
	g.list = grown(x.build(vals))
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
