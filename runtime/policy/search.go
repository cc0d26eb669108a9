package policy

import "math"

// choice is the earliest rule that matched so far, and the earliest failure.
type choice struct {
	rule   *rule
	index  int
	err    *EvalError // the failure of rule, or of the rule at index failed
	failed int        // index of the earliest allow rule that failed
}

// first returns the earliest declared rule of a kind that matches. A rule whose
// predicate fails counts as a match and is returned with the error. Allow rules
// are the exception: a failure is not a match. If no allow rule matches, the rule
// is nil, and the error is that of the earliest one that failed.
func (p *Policy) first(f *found, k kind, req *Request) (*rule, *EvalError) {
	c := choice{index: math.MaxInt, failed: math.MaxInt}
	for i := range f.n {
		list := &f.buckets[i].lists[k]
		p.scan(list.open, req, f, &c)
		if list.byCaller != nil {
			p.scan(list.byCaller[req.Caller], req, f, &c)
		}
		if list.byRole != nil {
			for _, role := range req.Roles {
				p.scan(list.byRole[role], req, f, &c)
			}
		}
	}
	if k == kindAllow && c.rule != nil {
		return c.rule, nil
	}
	return c.rule, c.err
}

// scan looks for a match in candidates, which are in the order of declaration.
func (p *Policy) scan(list []candidate, req *Request, f *found, c *choice) {
	for i := range list {
		cand := &list[i]
		r := cand.rule
		if r.index >= c.index {
			return
		}
		if !cand.ops.has(req.Op) || !cand.glob.Match(req.Key) || !r.matchStatic(req) {
			continue
		}
		if r.when == nil {
			c.rule, c.index, c.err = r, r.index, nil
			return
		}
		ok, err := p.evalWhen(r, req, f)
		switch {
		case err != nil && r.kind == kindAllow:
			if r.index < c.failed {
				c.failed, c.err = r.index, err
			}
		case err != nil || ok:
			c.rule, c.index, c.err = r, r.index, err
			return
		}
	}
}
