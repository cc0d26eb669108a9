package redact

// levels are the sieves of a registry. A new value goes into the young one,
// which is small enough to be built anew each time; in the background it is
// merged into the middle one, and that, when it has grown, into the old one. So
// one more value costs the same with ten values and with ten thousand.
type levels struct {
	old, middle, young level
	frozen             level // was young; being merged

	turn int // counts what makes a merge in the background out of date
}

type level struct {
	vals  []*value
	sieve *sieve
}

const (
	youngSize  = 12 // values that are searched in a sieve of their own
	middleSize = 64 // least size at which the middle level is merged
)

// publish makes the sieves what readers search, and starts a merge when the
// young level is full. The caller holds the mutex.
func (r *Registry) publish() {
	l := &r.levels
	if l.young.sieve == nil && len(l.young.vals) > 0 {
		l.young.sieve = build(r.seed, r.opts, l.young.vals)
	}
	if len(l.young.vals) > youngSize && l.frozen.sieve == nil {
		r.merge()
	}
	st := &set{}
	for _, lv := range []*level{&l.old, &l.middle, &l.frozen, &l.young} {
		if lv.sieve != nil {
			st.sieves = append(st.sieves, lv.sieve)
		}
	}
	r.set.Store(st)
}

// merge starts to merge the young level into an older one. The caller holds the
// mutex.
func (r *Registry) merge() {
	l := &r.levels
	l.frozen, l.young = l.young, level{}
	into := &l.middle
	vals := alive(l.middle.vals, l.frozen.vals)
	if len(vals) >= max(middleSize, len(l.old.vals)/4) {
		into = &l.old
		vals = alive(l.old.vals, vals)
	}
	turn := l.turn
	r.merges.Go(func() {
		merged := level{vals, build(r.seed, r.opts, vals)}
		r.mu.Lock()
		defer r.mu.Unlock()
		if l.turn != turn {
			return
		}
		if into == &l.old {
			l.middle = level{}
		}
		*into, l.frozen = merged, level{}
		r.publish()
	})
}

// compact makes one sieve of all values. The caller holds the mutex.
func (r *Registry) compact() {
	l := &r.levels
	l.turn++
	vals := alive(l.old.vals, l.middle.vals, l.frozen.vals, l.young.vals)
	*l = levels{turn: l.turn}
	if len(vals) > 0 {
		l.old = level{vals, build(r.seed, r.opts, vals)}
	}
	r.publish()
}

// Compact makes one search structure of all values, which is the fastest to
// search, and waits for it. It is worth its time (0.4 s for 10,000 values) once
// after many calls of [Registry.Add].
func (r *Registry) Compact() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.compact()
}

// alive is the values of all lists that are still searched.
func alive(lists ...[]*value) []*value {
	var out []*value
	for _, list := range lists {
		for _, v := range list {
			if !v.dead() {
				out = append(out, v)
			}
		}
	}
	return out
}
