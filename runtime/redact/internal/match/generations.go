package match

// generations are the matchers of an index by the age of their values. New
// values are young: few enough that their matcher is built anew for each
// addition. In the background the young generation is merged into the middle
// one, and when that has grown, both into the old one. So adding a value costs
// the same among ten values and among ten thousand.
type generations struct {
	old, middle, young generation
	merging            generation // was young

	turn int // a merge that began in another turn is out of date
}

type generation struct {
	vals    []Value
	matcher *matcher // nil if it has to be built
}

const (
	youngSize  = 12 // values that the young generation may have
	middleSize = 64 // least number of values that become the old generation
)

// publish makes the generations what readers search, and starts a merge when
// the young one is full. The caller holds the mutex.
func (x *Index) publish() {
	g := &x.generations
	if g.young.matcher == nil && len(g.young.vals) > 0 {
		g.young.matcher = newMatcher(x.seed, x.opts, g.young.vals)
	}
	if len(g.young.vals) > youngSize && g.merging.matcher == nil {
		x.merge()
	}
	st := &Set{}
	for _, gen := range []*generation{&g.old, &g.middle, &g.merging, &g.young} {
		if gen.matcher != nil {
			st.matchers = append(st.matchers, gen.matcher)
		}
	}
	x.set.Store(st)
}

// merge starts to merge the young generation into an older one. The caller holds
// the mutex.
func (x *Index) merge() {
	g := &x.generations
	g.merging, g.young = g.young, generation{}
	into := &g.middle
	vals := live(g.middle.vals, g.merging.vals)
	if len(vals) >= max(middleSize, len(g.old.vals)/4) {
		into = &g.old
		vals = live(g.old.vals, vals)
	}
	turn := g.turn
	x.merges.Go(func() {
		merged := generation{vals, newMatcher(x.seed, x.opts, vals)}
		x.mu.Lock()
		defer x.mu.Unlock()
		if g.turn != turn {
			return
		}
		if into == &g.old {
			g.middle = generation{}
		}
		*into, g.merging = merged, generation{}
		x.publish()
	})
}

// compact makes one generation of all values. The caller holds the mutex.
func (x *Index) compact() {
	g := &x.generations
	vals := live(g.old.vals, g.middle.vals, g.merging.vals, g.young.vals)
	*g = generations{turn: g.turn + 1}
	if len(vals) > 0 {
		g.old = generation{vals, newMatcher(x.seed, x.opts, vals)}
	}
	x.publish()
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
