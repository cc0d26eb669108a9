package policy

import (
	"github.com/postern-project/postern/runtime/glob"
)

// index finds the rules that may match a key. Each glob of a rule is filed
// under its literal leading segments, up to indexDepth of them, so that a
// decision looks at a handful of rules whether the policy has ten or a
// thousand.
type index struct {
	buckets map[string]*bucket // by literal prefix; "" holds the rest
	deepest int                // longest prefix in use, in segments
}

const indexDepth = 3

// bucket holds the candidates of one prefix, by kind and in order of
// declaration.
type bucket struct{ lists [kindCount]candidates }

// candidates are the globs of one kind in one bucket. When many of them ask
// for roles, those are filed by role, and open holds the others.
type candidates struct {
	open   []candidate
	byRole map[string][]candidate
}

// candidate is one glob of one rule, with the operations copied for a quick no.
type candidate struct {
	rule *rule
	glob *glob.Glob
	ops  opSet
}

// roleSplit is the number of role-bound candidates from which a bucket is
// split by role; below it a scan is faster than a lookup.
const roleSplit = 12

func buildIndex(rules []*rule) *index {
	x := &index{buckets: map[string]*bucket{}}
	for _, r := range rules {
		for i := range r.keys {
			prefix, depth := r.keys[i].LiteralPrefix(indexDepth)
			x.deepest = max(x.deepest, depth)
			b := x.buckets[prefix]
			if b == nil {
				b = &bucket{}
				x.buckets[prefix] = b
			}
			list := &b.lists[r.kind]
			list.open = append(list.open, candidate{r, r.keys[i], r.ops})
		}
	}
	for _, b := range x.buckets {
		for k := range b.lists {
			b.lists[k].split()
		}
	}
	return x
}

// split moves candidates that ask for roles into byRole if there are many.
func (c *candidates) split() {
	bound := 0
	for _, cand := range c.open {
		if len(cand.rule.roles) > 0 {
			bound++
		}
	}
	if bound < roleSplit {
		return
	}
	all := c.open
	c.open, c.byRole = nil, make(map[string][]candidate, bound)
	for _, cand := range all {
		if len(cand.rule.roles) == 0 {
			c.open = append(c.open, cand)
		}
		for _, role := range cand.rule.roles {
			c.byRole[role] = append(c.byRole[role], cand)
		}
	}
}

// found is the buckets that apply to one key, and what the decision has spent
// on predicates.
type found struct {
	buckets [indexDepth + 1]*bucket
	n       int
	spent   int64 // instructions
}

// lookup fills f with the buckets of key; slashes holds the offsets of the
// first indexDepth slashes of key, n of them.
func (x *index) lookup(key string, slashes *[indexDepth]int, n int, f *found) {
	f.n = 0
	if b := x.buckets[""]; b != nil {
		f.buckets[0], f.n = b, 1
	}
	for d := 0; d < x.deepest && d <= n; d++ {
		end := len(key)
		if d < n {
			end = slashes[d]
		}
		if b := x.buckets[key[:end]]; b != nil {
			f.buckets[f.n] = b
			f.n++
		}
	}
}
