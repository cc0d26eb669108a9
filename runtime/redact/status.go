package redact

import (
	"cmp"
	"slices"
)

// Status describes a [Registry] without revealing a value.
type Status struct {
	Values     int          // distinct values, as Len returns
	Retired    int          // those of them that are in their grace
	Patterns   int          // byte strings to search for
	Bytes      int          // memory of the search structures
	Unsearched []Unsearched // sorted by key
}

// Unsearched is the key of a value that is not masked, or not all of it, and why.
type Unsearched struct {
	Key    string
	Reason Reason
}

// Status returns the current state. Programs should report Unsearched once after
// they have added their values.
func (r *Registry) Status() Status {
	var st Status
	st.Patterns, st.Bytes = r.swept().Size()
	now := r.opts.Now() // code of the embedder: not under the lock
	r.mu.Lock()
	defer r.unlock()
	r.sweep(now)
	st.Values = r.count
	r.all(func(v *value) {
		if v.retired() {
			st.Retired++
		}
		why := v.why
		if v.part {
			why = ReasonParts
		}
		if why == searched {
			return
		}
		for _, l := range v.labels {
			st.Unsearched = append(st.Unsearched, Unsearched{l.key, why})
		}
	})
	slices.SortFunc(st.Unsearched, func(a, b Unsearched) int { return cmp.Compare(a.Key, b.Key) })
	return st
}
