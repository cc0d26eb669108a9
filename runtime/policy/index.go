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

// candidates are the globs of one kind in one bucket. If many of their rules require
// a caller by name, those are stored by caller; if many of the others require a role,
// those are stored by role. Open holds the rest.
type candidates struct {
	open     []candidate
	byCaller map[string][]candidate
	byRole   map[string][]candidate
}

// candidate is one glob of a rule. ops is a copy, to reject a rule without
// loading it.
type candidate struct {
	rule *rule
	glob *glob.Glob
	ops  opSet
}

// splitFrom is the number of candidates with a caller or a role from which a bucket is
// split. For fewer, a scan is faster than the lookups.
const splitFrom = 12

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

// split moves the candidates with callers into byCaller, and those with roles into
// byRole, if there are many.
func (c *candidates) split() {
	c.open, c.byCaller = splitBy(c.open, (*rule).namedCallers)
	c.open, c.byRole = splitBy(c.open, (*rule).namedRoles)
}

// splitBy files each candidate under every name of which its rule requires one. left are
// the candidates without such names. If few have names, left is all, and byName is nil.
func splitBy(all []candidate, names func(*rule) []string) (left []candidate, byName map[string][]candidate) {
	byName = map[string][]candidate{}
	for _, cand := range all {
		required := names(cand.rule)
		if len(required) == 0 {
			left = append(left, cand)
		}
		for _, name := range required {
			byName[name] = append(byName[name], cand)
		}
	}
	if len(all)-len(left) < splitFrom {
		return all, nil
	}
	return left, byName
}

// namedCallers returns the only callers that r may match, or nil if it has no callers or
// one of them is a pattern.
func (r *rule) namedCallers() (names []string) {
	for _, g := range r.callers {
		if !g.Literal() {
			return nil
		}
		names = append(names, g.String())
	}
	return names
}

// namedRoles returns the roles of which a caller must have one for r to match, or nil if
// r also matches callers without them.
func (r *rule) namedRoles() []string {
	if r.groups != nil && len(r.groups.Any) > 0 {
		return nil
	}
	return r.roles
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
