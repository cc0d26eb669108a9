package redact

import (
	"cmp"
	"slices"
)

// Status describes a [Registry] without revealing a value.
type Status struct {
	Values     int          // distinct values, as Len
	Retired    int          // of those, the ones that wait to be dropped
	Patterns   int          // byte strings that are searched for them
	Bytes      int          // memory of the search structures
	Unsearched []Unsearched // sorted by key
}

// Unsearched is a value that is not masked in streams, by its key.
type Unsearched struct {
	Key    string
	Reason Reason
}

// Status returns the current state. What is in Unsearched should be reported
// once when values are loaded.
func (r *Registry) Status() Status {
	var st Status
	st.Patterns, st.Bytes = r.current().Size()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	st.Values = r.count
	r.all(func(v *value) {
		if v.retired() {
			st.Retired++
		}
		for i, c := range v.claims {
			if v.why != searched && (i == 0 || c.key != v.claims[i-1].key) {
				st.Unsearched = append(st.Unsearched, Unsearched{c.key, v.why})
			}
		}
	})
	slices.SortFunc(st.Unsearched, func(a, b Unsearched) int { return cmp.Compare(a.Key, b.Key) })
	return st
}
