package policy

import "github.com/postern-project/postern/runtime/glob"

// index finds the rules that may match a key. It stores each glob of a rule under
// the literal segments with which the glob begins, at most indexDepth of them. So
// a decision examines a few rules even if the policy has thousands.
type index struct {
	buckets map[string]*bucket // by literal prefix; "" for globs that begin with a wildcard
	deepest int                // longest prefix in use, in segments
}

const indexDepth = 3 // segments of a prefix

// bucket holds the candidates of one prefix by kind, in the order of declaration.
type bucket struct{ lists [kindCount]candidates }

// candidates are the globs of one kind in one bucket. If many of their rules
// require a role, those are stored by role, and open holds the others.
type candidates struct {
	open   []candidate
	byRole map[string][]candidate
}

// candidate is one glob of a rule. ops is a copy, to reject a rule without
// loading it.
type candidate struct {
	rule *rule
	glob *glob.Glob
	ops  opSet
}

// roleSplit is the number of candidates with roles from which a bucket is split by
// role. For fewer, a scan is faster than the lookups.
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
			if kind(k) != kindRedact { // maskOf reads only one list
				b.lists[k].split()
			}
		}
	}
	return x
}

// split moves the candidates with roles into byRole if there are many.
func (c *candidates) split() {
	withRoles := 0
	for _, cand := range c.open {
		if cand.rule.needsNamedRole() {
			withRoles++
		}
	}
	if withRoles < roleSplit {
		return
	}
	all := c.open
	c.open, c.byRole = nil, make(map[string][]candidate, withRoles)
	for _, cand := range all {
		if !cand.rule.needsNamedRole() {
			c.open = append(c.open, cand)
			continue
		}
		for _, role := range cand.rule.roles {
			c.byRole[role] = append(c.byRole[role], cand)
		}
	}
}

// needsNamedRole reports whether r matches only callers that have one of r.roles.
func (r *rule) needsNamedRole() bool {
	return len(r.roles) > 0 && (r.groups == nil || len(r.groups.Any) == 0)
}

// found is the state of one decision: the buckets that apply to the key, and the
// instructions spent on predicates.
type found struct {
	buckets [indexDepth + 1]*bucket
	n       int
	spent   int64 // instructions
}

// lookup stores the buckets of key in f. slashes holds the offsets of the first n
// slashes of key.
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
